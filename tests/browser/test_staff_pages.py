"""Every page of the admin in a browser: axe finds nothing, the policy blocks nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Browser

from consent.models import Cookie, Record
from tests import ledger
from tests.browser.checks_ax import looks_clean
from tests.browser.site import Site
from tests.browser.visit import Visit
from tests.test_admin_pages import GENERAL, MODELS, name, screens

BOSS = "boss@demo.test"
MAKE_BOSS = """
INSERT INTO privacy_user SELECT (jsonb_populate_record(u, jsonb_build_object(
    'id', gen_random_uuid(), 'email', %s::text, 'is_superuser', true))).*
FROM privacy_user u WHERE email = 'privacy@demo.test'"""
ROWS = (
    "INSERT INTO consent_cspreport (day, directive, blocked, route, count)"
    " SELECT current_date, 'img-src', 'https://' || n || '.example', '/', n"
    " FROM generate_series(1, 3) AS n",
    "INSERT INTO consent_csphandled (directive, blocked, route, through, reason, at, by) VALUES"
    " ('img-src', 'https://3.example', '/', now() + interval '1 day', 'Une extension', now(),"
    " gen_random_uuid())",
    "INSERT INTO consent_unrecorded (day, event, count) VALUES (current_date, 'refused', 2)"
    " ON CONFLICT ON CONSTRAINT consent_unrecorded_one_a_day DO UPDATE SET count = excluded.count",
    "INSERT INTO consent_showing (day, notice, language, gpc, count)"
    " VALUES (current_date, 1, 'fr', false, 500)"
    # Visits of other tests on this site are counted too.
    " ON CONFLICT ON CONSTRAINT consent_showing_one_a_day DO UPDATE SET count = excluded.count",
    "INSERT INTO clicknconnect_run (task, job, began_at, ended_at, result, error)"
    " VALUES ('consent.log.jobs.verify', 1, now() - interval '1 hour', now(), 'failed', 'OSError')",
    "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)"
    " VALUES ('default', 'privacy.jobs.send_account_letter', 'failed', 3)",
)
WATCH = """
window.__blocked = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.__blocked.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
# Each part is a test of its own, so that none takes minutes.
PARTS = 4
FORMS = (Cookie, get_user_model(), Group, Record)
SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 320, "height": 800}},
}


@pytest.fixture(scope="module")
def filled(site: Site) -> Site:
    """Something to show on each page, and somebody who may see all of them."""
    start = datetime.now(UTC) - timedelta(days=3)
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute("SELECT consent_record_partition(%s)", [start])
        connection.execute(
            ledger.FILL,
            {"count": 300, "start": start, "step": timedelta(minutes=10), "salt": "staff pages"},
        )
        connection.execute(MAKE_BOSS, [BOSS])
        for statement in ROWS:
            connection.execute(statement)
    return site


@pytest.fixture
def staff(filled: Site, chromium: Browser, screen: str) -> Iterator[Visit]:
    visit = Visit(filled, chromium, options=SCREENS[screen])
    visit.context.add_init_script(WATCH)
    visit.log_in(BOSS)
    yield visit
    visit.close()


def addresses(site: Site, part: int, parts: int) -> list[str]:
    found = list(GENERAL) if part == 0 else []
    for number, model in enumerate(MODELS):
        if number % parts == part:
            found += [address for address in screens(model) if not address.endswith("/csv/")]
            found += row_pages(site, model)
    return found


def row_pages(site: Site, model: Any) -> list[str]:
    """Pages of the model's first row; the templates of the last two are the same for all."""
    acts = ("change", "history", "delete") if model is MODELS[0] else ("change",)
    key, table = model._meta.pk.column, model._meta.db_table
    rows = site.query(f'SELECT "{key}" FROM "{table}" ORDER BY 1 LIMIT 1')
    try:
        return [reverse(f"admin:{name(model)}_{act}", args=rows[0]) for act in acts if rows]
    except NoReverseMatch:
        return []


def look(visit: Visit, path: str) -> None:
    said: list[str] = []
    visit.page.on("console", lambda message: said.append(message.text))
    response = visit.page.goto(path)
    assert response is not None
    assert response.status in {200, 403}, (path, response.status)
    visit.page.wait_for_load_state("load")
    assert visit.evaluate("window.__blocked") == [], path
    assert [text for text in said if "Content Security" in text or "Error" in text] == [], path
    assert visit.storage() == [], path
    wide = visit.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{path} is {wide} px too wide"
    looks_clean(visit, path)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("screen", ["light"])
def test_ax_every_admin_page_is_clean(staff: Visit, part: int) -> None:
    """AX-01, AX-04, AX-05; no violation of the policy, no storage, no sideways scrolling."""
    for path in addresses(staff.site, part, PARTS):
        look(staff, path)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("screen", ["dark"])
def test_ax_01_every_list_and_kind_of_form_in_the_dark(staff: Visit, part: int) -> None:
    for model in MODELS[part::PARTS]:
        look(staff, reverse(f"admin:{name(model)}_changelist"))
    for path in [*GENERAL[:2], *row_pages(staff.site, FORMS[part % len(FORMS)])]:
        look(staff, path)


@pytest.mark.parametrize("screen", ["phone"])
def test_ax_06_screens_of_staff_on_a_phone(staff: Visit) -> None:
    for path in (
        "/admin/", "/admin/consent/record/", "/admin/consent/cspreport/",
        "/admin/clicknconnect/run/", "/admin/privacy/user/", "/admin/consent/act/",
    ):  # fmt: skip
        look(staff, path)


@pytest.mark.parametrize("screen", ["light"])
def test_staff_pages_speak_english(staff: Visit) -> None:
    english = staff.browser.new_context(
        base_url=staff.site.url, locale="en-GB", storage_state=staff.context.storage_state()
    )
    english.add_init_script(WATCH)
    staff.page = english.new_page()
    for path in ("/admin/", "/admin/consent/record/", "/admin/clicknconnect/run/"):
        look(staff, path)
        assert staff.evaluate("document.documentElement.lang") == "en"
    english.close()


@pytest.mark.parametrize("screen", ["light"])
def test_staff_use_the_dashboard(staff: Visit) -> None:
    """Another period, a filter by day, a file, a handled report, a job done again."""
    page = staff.page
    staff.goto("/admin/")
    page.get_by_role("link", name="30 jours", exact=True).click()
    staff.until(lambda: "days=30" in page.url, "the period does not change")
    assert page.locator("svg[role=img]").count() == 2

    staff.goto("/admin/consent/record/")
    day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    page.fill("#day-from", day)
    page.fill("#day-to", day)
    page.get_by_role("button", name="Montrer").click()
    staff.until(lambda: f"day_from={day}" in page.url, "the filter does not apply")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Exporter ces lignes (CSV)").click()
    text = waiting.value.path().read_text("utf-8-sig")
    shown = staff.site.query(
        "SELECT count(*) FROM consent_record"
        " WHERE (recorded_at AT TIME ZONE 'Europe/Brussels')::date = %s::date", day,
    )  # fmt: skip
    assert len(text.splitlines()) == 1 + shown[0][0] > 1

    staff.goto("/admin/consent/cspreport/")
    before = page.locator("article").count()
    page.get_by_label("Motif").first.fill("Une extension du navigateur")
    page.get_by_role("button", name="Marquer comme traité").first.click()
    staff.until(lambda: page.locator("article").count() == before - 1, "the report stays open")

    staff.goto("/admin/clicknconnect/run/")
    page.get_by_role("button", name="Refaire").first.click()
    staff.until(page.get_by_text("Le travail sera refait.").is_visible, "nothing is said")


@pytest.mark.parametrize("screen", ["light"])
def test_a_planted_style_and_a_planted_label_are_found(staff: Visit) -> None:
    """The checks of this file can fail."""
    staff.goto("/admin/clicknconnect/run/")
    staff.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">x</p>')")
    staff.until(lambda: staff.evaluate("window.__blocked") != [], "a style goes through")
    staff.evaluate("document.querySelector('main').innerHTML += '<img src=\"/favicon.ico\">'")
    with pytest.raises(AssertionError):
        looks_clean(staff, "planted")


def test_every_screen_is_walked() -> None:
    assert len(MODELS) == len(admin.site._registry)
