"""The register: one file, its rows, its check, its publications."""

from copy import deepcopy
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from consent import snapshots
from consent.material import agreement, same_agreement, same_meaning
from consent.models import Browser, Control, Cookie, Fact, Notice, PolicyBlock, Publication, Service
from consent.publishing import RegisterDisagrees, publish, version_digest
from consent.register import rows
from consent.register.check import disagreements
from consent.register.effective import apply_preset
from consent.register.file import MalformedRegister, Register, dump, parse, read

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def register() -> Register:
    return read(settings.REGISTER_FILE)


@pytest.mark.django_db
def test_dump_gives_the_file_back_byte_for_byte(register: Register) -> None:
    out = StringIO()
    call_command("register", "dump", stdout=out)
    assert out.getvalue() == settings.REGISTER_FILE.read_text("utf-8")
    assert parse(out.getvalue()) == register


@pytest.mark.django_db
def test_load_is_idempotent_and_removes_what_left(register: Register) -> None:
    before = list(Cookie.objects.values_list("pk", "name"))
    Fact.objects.create(key="stray", words=dict.fromkeys(("fr", "nl", "de", "en"), "x"))
    rows.load(register)
    assert list(Cookie.objects.values_list("pk", "name")) == before
    assert not Fact.objects.filter(key="stray").exists()
    assert rows.dumped() == register


@pytest.mark.parametrize(
    "text", ["", "[]", "version: 2", "{", "version: 1\nfacts: x", "!!python/object:os.system {}"]
)
def test_a_malformed_file_is_a_sentence(text: str) -> None:
    with pytest.raises(MalformedRegister):
        parse(text)


@pytest.mark.parametrize(
    ("name", "seconds", "words", "provenance"),
    [
        ("sessionid", 1_209_600, "14 jours", "Django est une technologie open source"),  # PF-10
        ("Csrf-token", 31_536_000, "1 an", "technologie open source"),  # PF-11
        ("cookieconsent_status", 31_536_000, "1 an", "application Click'n CoNNect"),  # PF-12
        ("_ga", 63_072_000, "2 ans", "défini par Click'n CoNNect"),  # PF-20
        ("_ga_C7V9QNLBQD", 63_072_000, "2 ans", "Même explication que le précédent"),  # PF-21
        ("_gat", 60, "1 minute", "utilisé par Google Analytics"),  # PF-22
    ],
)
def test_pf_10_to_pf_22_cookies_have_the_policys_words(
    register: Register, name: str, seconds: int, words: str, provenance: str
) -> None:
    from consent.register.effective import with_facts

    row = next(c for c in with_facts(register, "fr")["cookies"] if c["name"] == name)
    assert (row["lifetime_seconds"], row["lifetime"]) == (seconds, words)
    assert provenance in row["provenance"].replace("*", "").replace("`", "")
    assert len(register["cookies"]) == 6  # PF-23: no other


def change(register: Register, **changes: Any) -> Register:
    changed = deepcopy(register)
    for path, value in changes.items():
        section, index, field = path.split("__")
        changed[section][int(index)][field] = value
    return changed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cookies__0__lifetime_seconds": 60}, "keeps sessionid"),  # CK-13
        ({"cookies__1__name": "csrftoken"}, "does not declare"),  # PF-11
        ({"services__2__category": "necessary"}, "GA-07"),
        ({"cookies__4__name": "_ga_OTHER123"}, "GA_MEASUREMENT_ID"),  # GA-01
        ({"cookies__4__lifetime_seconds": 1}, "different lifetimes"),
        ({"cookies__5__service": "nobody"}, "unknown service"),
        ({"services__1__category": "marketing"}, "unknown category"),
        ({"categories__1__required": True}, "always active"),  # GA-07
        ({"facts__0__key": "trade_mark"}, "{trade_name} is no fact"),
        ({"browsers__0__url": "https://x", "cookies__2__name": "status"}, "cookieconsent_status"),
    ],
)
def test_check_names_each_disagreement(
    register: Register, changes: dict[str, Any], words: str
) -> None:
    assert words in " ".join(disagreements(change(register, **changes)))


def test_the_register_agrees(register: Register) -> None:
    assert disagreements(register) == []


@pytest.mark.django_db
def test_publishing_refuses_what_does_not_agree() -> None:
    Cookie.objects.filter(name="sessionid").update(lifetime_seconds=1)
    with pytest.raises(RegisterDisagrees, match="sessionid"):
        publish(now=NOW, preset="politique")
    assert Publication.objects.count() == 1


@pytest.mark.django_db
def test_nothing_changes_before_it_is_published(client: Client) -> None:
    """Changed rows reach page, banner, gtag, cookie and API together, by publishing."""
    for name in ("_ga", "_ga_C7V9QNLBQD"):
        cookie = Cookie.objects.get(name=name)
        cookie.lifetime_seconds = 33_955_200
        cookie.lifetime = dict.fromkeys(("fr", "nl", "de", "en"), "treize lunes")
        cookie.save()
    consent_cookie = Cookie.objects.get(name="cookieconsent_status")
    consent_cookie.lifetime_seconds = 2_592_000
    consent_cookie.save()

    def everywhere() -> tuple[bool, bool, int, int]:
        notice = client.get("/api/v1/consent/notice/").json()
        ga = next(c for c in notice["cookies"] if c["name"] == "_ga")
        answer = Client(headers={"origin": "http://testserver"}).post(
            "/api/v1/consent/",
            {"categories": {"analytics": True}, "notice": notice["notice"]},
            content_type="application/json",
        )
        accepted = Client()
        accepted.cookies = answer.cookies
        page = accepted.get("/").content.decode()
        return (
            "treize lunes" in client.get("/privacy/").content.decode(),
            'data-expires="33955200"' in page,
            ga["lifetime_seconds"],
            answer.cookies["cookieconsent_status"]["max-age"],
        )

    assert everywhere() == (False, False, 63_072_000, 31_536_000)
    publication = publish(now=NOW, preset="politique")
    snapshots.refresh()
    assert publication is not None
    assert everywhere() == (True, True, 33_955_200, 2_592_000)
    assert (publication.number, publication.notice_id) == (2, 2)


@pytest.mark.django_db
def test_ck_16_spelling_keeps_the_notice_another_meaning_asks_again(client: Client) -> None:
    service = Service.objects.get(key="google-analytics")
    before = dict(service.purpose)
    service.purpose = {**before, "fr": before["fr"].replace("visites", "vissites")}
    service.save()
    spelling = publish(now=NOW, preset="politique")
    assert spelling is not None
    assert (spelling.number, spelling.notice_id) == (2, 1)
    service.purpose = {**before, "fr": before["fr"] + " Et à la publicité."}
    service.save()
    meaning = publish(now=NOW, preset="politique")
    assert meaning is not None
    assert (meaning.number, meaning.notice_id) == (3, 2)
    snapshots.refresh()
    client.cookies["cookieconsent_status"] = f"r1.1.{datetime.now(UTC):%Y%m%d}"
    assert client.get("/api/v1/consent/").json()["status"] == "expired"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Mesurer les visites", "Mesurer les visités !", True),
        ("améliorer le site", "ameliorer le site", True),
        ("conservé 2 ans", "conservé 3 ans", False),
        ("avec Google", "sans Google", False),
        ("transmis à Google", "jamais transmis à Google", False),
        ("accès direct au site", "accès indirect au site", False),
    ],
)
def test_ck_16_same_meaning(old: str, new: str, same: bool) -> None:
    assert same_meaning(old, new) is same


@pytest.mark.parametrize(
    "changes",
    [
        {"cookies__3__lifetime_seconds": 1},
        {"services__2__country": "US"},
        {"cookies__5__name": "_gid"},
        {"services__2__hosts": {"script": [], "connect": [], "img": [], "frame": []}},
    ],
)
def test_ck_16_structure_always_asks_again(register: Register, changes: dict[str, Any]) -> None:
    old = apply_preset(register, "politique")
    assert same_agreement(agreement(old), agreement(deepcopy(old)))
    assert not same_agreement(agreement(old), agreement(change(old, **changes)))


@pytest.mark.django_db
def test_publishing_again_without_a_change_makes_no_version() -> None:
    assert publish(now=NOW, preset="politique") is None
    assert Publication.objects.count() == Notice.objects.count() == 1


@pytest.mark.django_db
def test_version_has_number_date_and_hash() -> None:
    version = Publication.objects.get()
    assert version.sha256 == version_digest(version.content, version.in_force_on)
    assert version_digest(version.content, date(2030, 1, 1)) != version.sha256


@pytest.mark.django_db
def test_t_01_t_02_t_07_t_17_strict_preset(client: Client) -> None:
    publish(now=NOW, preset="strict_be_fr")
    snapshots.refresh()
    snapshot = snapshots.current()
    assert snapshot is not None
    assert snapshot.period.months == 6
    names = [c["name"] for c in snapshot.content["cookies"]]
    assert "_gat" not in names
    assert "Internet Explorer" not in client.get("/privacy/").content.decode()
    notice = client.get("/api/v1/consent/notice/").json()
    assert {c["lifetime_seconds"] for c in notice["cookies"] if c["name"] == "_ga"} == {33_955_200}
    assert "274 48 00" in client.get("/privacy/").content.decode()
    assert Publication.objects.get(number=1).preset == "politique"


@pytest.mark.django_db
def test_changed_preset_publishes_what_was_published_not_the_draft(settings: Any) -> None:
    Browser.objects.filter(key="firefox").update(label="Draft of somebody")
    settings.POLICY_PRESET = "strict_be_fr"
    call_command("register", "load", "--publish", "--if-empty", stdout=StringIO())
    newest = Publication.objects.order_by("-number")[0]
    assert (newest.number, newest.preset) == (2, "strict_be_fr")
    assert newest.source["browsers"][0]["label"] == "Firefox"
    assert Browser.objects.get(key="firefox").label == "Draft of somebody"


@pytest.mark.django_db
def test_ga_01_mismatch_at_start_up_switches_analytics_off_not_the_site(
    client: Client, settings: Any
) -> None:
    settings.GA_MEASUREMENT_ID = "G-OTHER12345"
    snapshots.refresh()
    snapshot = snapshots.current()
    assert snapshot is not None
    assert not snapshot.analytics_on
    assert snapshot.problems
    assert client.get("/").status_code == 200
    assert all("google" not in policy for policy in snapshot.policies.values())


@pytest.mark.django_db
@pytest.mark.parametrize("switch", ["environment", "admin"])
def test_ga_11_kill_switch(client: Client, settings: Any, switch: str) -> None:
    answer = client.post(
        "/api/v1/consent/",
        {"categories": {"analytics": True}, "notice": 1},
        content_type="application/json",
    )
    assert answer.status_code == 201
    assert "analytics" in client.get("/").content.decode().split("</head>")[0]
    assert "googletagmanager" in client.get("/").headers["Content-Security-Policy"]
    if switch == "environment":
        settings.GA_ENABLED = False
    else:
        Control.objects.create(analytics_enabled=False)
    snapshots.refresh()
    page = client.get("/")
    assert "googletagmanager" not in page.headers["Content-Security-Policy"]
    assert "consent/analytics" not in page.content.decode()
    assert "data-off" in page.content.decode()


@pytest.mark.django_db
def test_register_check_fails_on_each_difference() -> None:
    call_command("register", "check", stdout=StringIO())
    PolicyBlock.objects.filter(key=PolicyBlock.objects.values_list("key")[3][0]).update(anchor="x")
    with pytest.raises(CommandError, match="differ"):
        call_command("register", "check", stdout=StringIO())


@pytest.mark.parametrize("text", ["a < b & {trade_name}", "<script>alert(1)</script>"])
def test_texts_of_staff_are_escaped(text: str) -> None:
    from consent.render import inline

    assert "<script" not in inline(text)
    assert "<b" not in inline(text)


def test_canonical_dump_is_stable(register: Register) -> None:
    assert dump(parse(dump(register))) == dump(register)
