"""What this process knows of the publication in force, so that no page asks the database.

The first use loads it; a listener reloads it when another process publishes or switches analytics
off (NOTIFY), and looks by itself every few seconds in case a message was missed.
"""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection, connections
from django.utils.safestring import SafeString

from clicknconnect.logs import logger
from consent import gate, render, showings, unrecorded
from consent.enums import LANGUAGES
from consent.models import Asset, Control, Publication, Revision
from consent.periods import Period
from consent.publishing import CHANNEL, digest
from consent.register.check import of_cookies
from consent.register.effective import analytics_container, choice_period, with_facts
from consent.register.file import Register

# Shown with a banner; the revision names their content (CP-04).
ASSETS = (
    "consent/banner.css", "consent/head.js", "consent/consent.js",
    "consent/banner.js", "consent/choose.js", "consent/preferences.js",
)  # fmt: skip
LOOK_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """The publication in one language."""

    register: Register
    banner: SafeString
    preferences: SafeString
    policy: SafeString
    notice_json: bytes
    etag: str
    revision: str


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    publication: int
    notice: int
    preset: str
    sha256: str
    in_force_on: date
    published_at: datetime
    content: Register = field(repr=False)
    period: Period
    optional: tuple[str, ...]
    container: str
    analytics_on: bool
    problems: tuple[str, ...]
    views: dict[str, View] = field(repr=False)
    policies: dict[tuple[str, ...], str] = field(repr=False)
    closed_policies: dict[tuple[str, ...], str] = field(repr=False)


def base_path(language: str) -> str:
    return "/" if language == "fr" else f"/{language}/"


def _asset_bodies() -> dict[str, bytes]:
    bodies = {}
    for path in ASSETS:
        found = finders.find(path)
        if staticfiles_storage.exists(path):
            with staticfiles_storage.open(path) as file:
                bodies[path] = file.read()
        elif isinstance(found, str):
            with open(found, "rb") as source:
                bodies[path] = source.read()
    return bodies


def _notice_data(register: Register, publication: Publication, language: str) -> dict[str, Any]:
    """The notice as data, for programs and for other designs of the banner."""
    words = {row["key"]: row["words"] for row in register["facts"]}
    return {
        "notice": publication.notice_id,
        "version": publication.number,
        "language": language,
        "controller": {
            "name": words.get("controller_name", ""),
            "trade_name": words.get("trade_name", ""),
            "address": words.get("controller_address", ""),
            "number": words.get("controller_number", ""),
            "email": words.get("contact_email", ""),
        },
        "texts": register["banner"],
        "categories": register["categories"],
        "services": register["services"],
        "cookies": register["cookies"],
        "policy": f"{base_path(language)}privacy/#cookies",
    }


def _view(publication: Publication, language: str, assets: dict[str, str], *, keep: bool) -> View:
    register = with_facts(publication.content, language)
    base = base_path(language)
    notice = publication.notice_id
    banner = render.banner(register, language=language, notice=notice, base=base)
    preferences = render.preferences(register, language=language, notice=notice, base=base)
    data = _notice_data(register, publication, language)
    content = {
        "notice": data,
        "banner_html": str(banner),
        "preferences_html": str(preferences),
        "assets": assets,
        "policy_sha256": publication.sha256,
        "preset": publication.preset,
    }
    revision = digest(content)
    if keep:
        _keep_revision(revision, publication, language, content)
    body = json.dumps({**data, "revision": revision}, ensure_ascii=False).encode()
    return View(
        register=register,
        banner=banner,
        preferences=preferences,
        policy=render.policy(register, language=language),
        notice_json=body,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        revision=revision,
    )


def _keep_revision(
    revision: str, publication: Publication, language: str, content: dict[str, Any]
) -> None:
    Revision.objects.bulk_create(
        [
            Revision(
                sha256=revision,
                notice_id=publication.notice_id,
                publication=publication,
                language=language,
                content=content,
                created_at=datetime.now(UTC),
            )
        ],
        ignore_conflicts=True,
    )


def load() -> Snapshot | None:
    """Read the newest publication; None when nothing was ever published."""
    publication = Publication.objects.select_related("notice").order_by("-number").first()
    if publication is None:
        return None
    return _snapshot(publication, keep=True)


def preview(publication: Publication) -> Snapshot:
    """What `publication`, which nobody published, would show; nothing of it is kept."""
    return _snapshot(publication, keep=False)


def _snapshot(publication: Publication, *, keep: bool) -> Snapshot:
    content = publication.content
    bodies = _asset_bodies()
    assets = {path: hashlib.sha256(body).hexdigest() for path, body in bodies.items()}
    if keep:
        Asset.objects.bulk_create(
            [Asset(sha256=assets[p], path=p, body=bodies[p].decode()) for p in bodies],
            ignore_conflicts=True,
        )
    problems = tuple(problem.english for problem in of_cookies(content))
    control = Control.objects.filter(pk=1).first()
    switched_on = settings.GA_ENABLED and (control is None or control.analytics_enabled)
    on = switched_on and not problems
    optional = tuple(sorted(row["key"] for row in content["categories"] if not row["required"]))
    closed = gate.policies(gate.without_analytics(content), optional)
    if problems:
        logger.error("register_disagrees_analytics_off", problems=len(problems))
    return Snapshot(
        publication=publication.number,
        notice=publication.notice_id,
        preset=publication.preset,
        sha256=publication.sha256,
        in_force_on=publication.in_force_on,
        published_at=publication.published_at,
        content=content,
        period=choice_period(content),
        optional=optional,
        container=analytics_container(content),
        analytics_on=on,
        problems=problems,
        views={code: _view(publication, code, assets, keep=keep) for code in LANGUAGES},
        policies=gate.policies(content, optional) if on else closed,
        closed_policies=closed,
    )


_lock = threading.Lock()
_current: Snapshot | None = None
_loaded = False
_listener: threading.Thread | None = None


def current() -> Snapshot | None:
    """The snapshot of this process; None (nothing published, no database) asks nobody."""
    if not _loaded:
        with _lock:
            if not _loaded:
                _load_first()
    return _current


def _load_first() -> None:
    global _current, _loaded
    if settings.CONSENT_FOLLOW:
        _start_listener()
    try:
        _current = load()
    except DatabaseError:
        # The listener tries again; until then nothing is asked and nothing runs.
        logger.error("publication_unreadable")
        _loaded = settings.CONSENT_FOLLOW
        return
    _loaded = _current is not None or settings.CONSENT_FOLLOW


def refresh() -> None:
    """Read the publication again, now."""
    global _current, _loaded
    _current = load()
    _loaded = True


def refresh_if_used() -> None:
    """After a publication in this process: a command that serves no page has nothing to read."""
    if _loaded:
        refresh()


def remember(snapshot: Snapshot) -> None:
    """For tests: what was read before."""
    global _current, _loaded
    _current, _loaded = snapshot, True


def forget() -> None:
    """For tests: the next use loads again."""
    global _current, _loaded
    _current, _loaded = None, False


def _start_listener() -> None:
    global _listener
    if _listener is None or not _listener.is_alive():
        _listener = threading.Thread(target=_listen, name="consent-listener", daemon=True)
        _listener.start()


def _listen() -> None:
    pause = threading.Event()
    while True:
        try:
            _listen_once()
        except (psycopg.Error, DatabaseError):
            logger.warning("publication_listener_reconnects")
        finally:
            connections.close_all()
        pause.wait(1.0)


def _listen_once() -> None:
    params = connections["direct"].get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    seen: tuple[Any, ...] = ()
    with psycopg.connect(**params, autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        while True:
            marker = _marker()
            if marker != seen:
                refresh()
                seen = marker
            unrecorded.flush()
            showings.flush()
            connection.close()
            for _ in listening.notifies(timeout=LOOK_EVERY_SECONDS, stop_after=1):
                seen = ()


def _marker() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(number) FROM consent_publication),"
            " (SELECT analytics_enabled FROM consent_control WHERE id = 1)"
        )
        return tuple(cursor.fetchone())
