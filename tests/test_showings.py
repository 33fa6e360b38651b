"""How often the banner was shown: counted per day, notice and language, and nothing of anybody."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client, RequestFactory

from consent import showings
from consent.models import Showing
from consent.periods import local_day

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 4)


def rows() -> dict[tuple[str, bool], int]:
    showings.flush()
    return {(row.language, row.gpc): row.count for row in Showing.objects.all()}


def broken() -> None:
    raise DatabaseError("away")


def note(count: int = 1, *, day: date = DAY, language: str = "fr", notice: int = 1) -> None:
    request = RequestFactory().get("/")
    for _ in range(count):
        showings.note(request, day=day, notice=notice, language=language, gpc=False)


def test_cp_07_pages_that_ask_are_counted_without_a_query(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        for path in ("/", "/", "/nl/", "/no-such-page/"):
            client.get(path)
        client.get("/", headers={"sec-gpc": "1"})
    assert rows() == {("fr", False): 3, ("fr", True): 1, ("nl", False): 1}
    assert {row.day for row in Showing.objects.all()} == {local_day(datetime.now(UTC))}


def test_cp_05_a_count_has_no_room_for_anybody() -> None:
    assert {field.name for field in Showing._meta.get_fields()} == {
        "id", "day", "notice", "language", "gpc", "count",
    }  # fmt: skip


def test_who_answered_is_not_counted(client: Client) -> None:
    client.post("/privacy/cookies/", {"action": "refuse-all", "notice": "1"})
    showings.forget()
    assert "cookieconsent_status" in client.cookies
    client.get("/")
    assert rows() == {}


@pytest.mark.parametrize(
    "headers", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}]
)
def test_what_nobody_looks_at_is_not_counted(client: Client, headers: dict[str, str]) -> None:
    client.get("/", headers=headers)
    client.head("/")
    assert rows() == {}


def test_a_failed_flush_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    note(3)

    with monkeypatch.context() as patch:
        patch.setattr(showings, "connection", SimpleNamespace(cursor=broken))
        showings.flush()
    note(2)
    assert rows() == {("fr", False): 5}
    assert rows() == {("fr", False): 5}
    note(1)
    assert rows() == {("fr", False): 6}


def test_memory_is_bounded_while_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showings, "MOST_KEYS", 3)

    with monkeypatch.context() as patch:
        patch.setattr(showings, "connection", SimpleNamespace(cursor=broken))
        for notice in range(10):
            note(notice=notice)
            showings.flush()
    showings.flush()
    assert set(Showing.objects.values_list("notice", flat=True)) == {0, 1, 2}
