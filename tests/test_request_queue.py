"""The queue of requests: its page reads as little with many as with few."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.queue import FILL, MOST_QUERIES
from tests.requests import colleague

pytestmark = [pytest.mark.django_db, pytest.mark.rule("TL-03")]
PAGE = "/admin/privacy/rightsrequest/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(colleague(group="agents"))
    client.get(PAGE)
    return client


def fill(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(count=count, finish=True))


@pytest.mark.parametrize("query", ["", "?late=all", "?late=late", "?right=access", "?p=2"])
def test_tl_03_the_queue_takes_twelve_queries_at_most(desk: Client, query: str) -> None:
    fill(250)
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(PAGE + query).status_code == 200
    assert len(asked) <= MOST_QUERIES
    own = [one["sql"] for one in asked if 'FROM "privacy_rightsrequest"' in one["sql"]]
    # No count reads all of them, nor does a page.
    assert own
    assert all("LIMIT" in sql for sql in own)


def test_tl_03_the_queue_is_what_is_open_by_due_date(desk: Client) -> None:
    fill(40)
    page = desk.get(PAGE).content.decode()
    shown = re.findall(r"DSR-\d{10}", page)
    assert len(set(shown)) == 20
    assert all(int(one[-1]) % 2 == 0 for one in shown)
    assert len(set(re.findall(r"DSR-\d{10}", desk.get(PAGE + "?late=all").content.decode()))) == 40
