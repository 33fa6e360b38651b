"""The privacy inbox by IMAP: over TLS only, without changing what others see but for a mark.

A mail is marked as taken after the transaction that took it. A server that keeps no such marks only
means that mails are looked at again, and known by their hash.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from privacy.requests import inbox

MARK = "CncImported"
# What is older was taken long ago, or is no mail of this inbox.
BACK = timedelta(days=60)
_SECONDS = 30
_DAY = re.compile(rb'INTERNALDATE "([^"]+)"')


class InboxAway(Exception):
    """The server cannot be reached or says no; the next run tries again."""


def run(url: str, *, now: datetime) -> dict[str, int]:
    """Take what is new; how many of each outcome. Raises InboxAway."""
    counts: dict[str, int] = {}
    try:
        server = _opened(url)
        try:
            for number, raw, arrived in _new(server, now):
                taken = inbox.take(raw, arrived=arrived, now=now)
                server.uid("STORE", number, "+FLAGS.SILENT", f"(\\Seen {MARK})")
                counts[taken.outcome] = counts.get(taken.outcome, 0) + 1
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()
    except (OSError, imaplib.IMAP4.error) as error:
        # Never the server's words: they may hold an address or a subject.
        raise InboxAway(type(error).__name__) from error
    return counts


def _opened(url: str) -> imaplib.IMAP4:
    parts = urlsplit(url)
    server = imaplib.IMAP4_SSL(
        parts.hostname or "",
        parts.port or 993,
        ssl_context=ssl.create_default_context(),
        timeout=_SECONDS,
    )
    server.login(unquote(parts.username or ""), unquote(parts.password or ""))
    server.select(f'"{unquote(parts.path.strip("/")) or "INBOX"}"')
    return server


def _new(server: imaplib.IMAP4, now: datetime) -> Iterator[tuple[str, bytes, datetime | None]]:
    since = imaplib.Time2Internaldate(now - BACK).strip('"').split(" ")[0].strip()
    _answer, found = server.uid("SEARCH", f"(UNKEYWORD {MARK} SINCE {since})")
    for number in (found[0] or b"").split() if found else []:
        _answer, parts = server.uid("FETCH", number.decode(), "(INTERNALDATE BODY.PEEK[])")
        for part in parts:
            if isinstance(part, tuple):
                yield (
                    number.decode(),
                    part[1],
                    _moment(
                        b" ".join((part[0], parts[-1] or b""))
                        if isinstance(parts[-1], bytes)
                        else part[0]
                    ),
                )


def _moment(line: bytes) -> datetime | None:
    """When the server got it, as it says: 'INTERNALDATE "24-Nov-2026 09:00:00 +0100"'."""
    found = _DAY.search(line)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None
