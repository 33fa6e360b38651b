"""The web process dies between the click and the answer: nothing is lost and nothing pretended.

Either the visitor sees that it failed and is asked again, or the record is there (CP-01, CK-09).
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Error, Route

from tests.browser.site import Site
from tests.browser.visit import STATUS, Visit

SEED = 20261122


@pytest.fixture
def living(site: Site) -> Iterator[Site]:
    """The site, and again after the test."""
    yield site
    with suppress(AssertionError):
        site.kill_web()
    site.start_web()


def given(site: Site) -> set[str]:
    return {
        str(row[0]) for row in site.query("SELECT id FROM consent_record WHERE event = 'given'")
    }


def says_it_failed(visit: Visit) -> bool:
    return visit.banner_is_shown() and bool(visit.message()) and not visit.allows()


def must_be_asked_again(visit: Visit) -> None:
    """Nothing is in force, the page says so, and the next one asks."""
    visit.until(lambda: says_it_failed(visit), "the visitor is not told", within=8.0)
    assert visit.is_disabled()
    assert STATUS not in visit.jar()
    visit.assert_silent()


def in_force(visit: Visit, site: Site) -> bool:
    """Whether the acceptance is in force; then its record must be there."""
    value = visit.value()
    if not value.startswith("a1."):
        return False
    record = str(UUID(bytes=urlsafe_b64decode(value.rpartition(".")[2])[:16]))
    assert record in given(site), "an acceptance without its record"
    return True


def test_cp_01_killed_before_the_record(visit: Visit, living: Site) -> None:
    """The process has the request and never looks at it."""
    before = given(living)
    visit.goto("/contact/")

    frozen = []

    def on_the_way(route: Route) -> None:
        living.freeze_web()
        route.continue_()
        frozen.append(True)

    visit.context.route("**/api/v1/consent/", on_the_way)
    visit.press(visit.button("accept-all"))
    visit.until(lambda: frozen, "the choice never left the page")
    visit.wait(300)
    living.kill_web()
    visit.context.unroute("**/api/v1/consent/")
    must_be_asked_again(visit)
    living.start_web()
    assert given(living) == before
    visit.goto("/contact/")
    assert visit.banner_is_shown()
    visit.accept()
    assert len(given(living) - before) == 1
    assert in_force(visit, living)


def test_cp_01_killed_while_the_record_is_written(visit: Visit, living: Site) -> None:
    """PostgreSQL has the statement and waits; the process that wanted the answer is gone."""
    before = given(living)
    visit.goto("/contact/")
    with psycopg.connect(living.environment["DATABASE_OWNER_URL"]) as owner:
        owner.execute("LOCK TABLE consent_record IN SHARE ROW EXCLUSIVE MODE")
        visit.press(visit.button("accept-all"))
        visit.until(lambda: is_waiting(owner), "the statement never came")
        living.kill_web()
        must_be_asked_again(visit)
        owner.rollback()
    # The statement was whole: what it wrote is written, and the visitor was asked again.
    visit.until(lambda: len(given(living) - before) == 1, "a statement is half done")
    living.start_web()
    visit.goto("/contact/")
    assert visit.banner_is_shown()
    assert not visit.allows()


def is_waiting(owner: psycopg.Connection) -> bool:
    row = owner.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'consent_record'::regclass"
    ).fetchone()
    return row is not None and row[0] > 0


def test_cp_01_killed_at_any_moment(visit: Visit, living: Site) -> None:
    """Every acceptance that is in force has its record; every other visitor is told and asked."""
    moments = Random(SEED)
    for _ in range(6):
        visitor = visit.another()
        visitor.goto("/contact/")
        visitor.press(visitor.button("accept-all"))
        visitor.wait(moments.randrange(0, 60))
        living.kill_web()
        visitor.until(
            lambda v=visitor: in_force(v, living) or says_it_failed(v), "neither", within=8.0
        )
        living.start_web()
        if in_force(visitor, living):
            visitor.goto("/contact/")
            assert visitor.allows()
        else:
            visitor.goto("/contact/")
            assert visitor.banner_is_shown()
            assert not visitor.allows()


def test_ck_09_a_withdrawal_holds_though_the_process_died(visit: Visit, living: Site) -> None:
    visit.goto("/contact/")
    visit.accept()
    visit.open_choices()
    living.kill_web()
    visit.press(visit.panel().locator("[data-consent-action='refuse-all']"))
    visit.until(lambda: not visit.allows(), "the withdrawal is not in force", within=1.0)
    assert visit.value().startswith("r1.")
    living.start_web()
    visit.goto("/contact/")
    assert not visit.allows()
    assert not visit.banner_is_shown()


def test_cp_01_killed_without_scripts(visit: Visit, living: Site) -> None:
    """The browser's own page says that it failed; the next page asks again."""
    plain = visit.another(java_script_enabled=False)
    before = given(living)
    plain.goto("/contact/")
    living.kill_web()
    with suppress(Error):
        plain.button("accept-all").click()
    plain.until(lambda: plain.page.url.startswith("chrome-error://"), "no failure is seen")
    living.start_web()
    assert given(living) == before
    plain.goto("/contact/")
    assert plain.banner_is_shown()
    assert plain.jar() == set()


def test_an_acceptance_without_its_record_is_found(visit: Visit, living: Site) -> None:
    """Planted: a cookie that names a record which is not there."""
    visit.goto("/contact/")
    visit.accept()
    assert in_force(visit, living)
    parts = visit.value().rsplit(".", 1)
    visit.put(f"{parts[0]}.{'A' * 32}")
    with pytest.raises(AssertionError, match="without its record"):
        in_force(visit, living)
