"""What changed, why people are asked again, and what binds a publication to what was looked at."""

from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from consent import presets
from consent.difference import line_changes, marked, row_changes
from consent.material import agreement, reasons, same_agreement
from consent.models import Act, BannerText, Control, Cookie, Notice, Publication
from consent.publishing import DraftChanged, discard, looked_at, publish
from consent.register import rows
from consent.register.check import blocking, problems
from consent.register.effective import apply_preset
from consent.register.file import Register, read
from privacy.models import User

NOW = timezone.datetime(2026, 12, 1, 9, tzinfo=timezone.get_fixed_timezone(0))


@pytest.fixture(scope="module")
def source() -> Register:
    return read(settings.REGISTER_FILE)


@pytest.fixture
def register(source: Register) -> Register:
    return deepcopy(source)


@pytest.fixture
def manager() -> User:
    return User.objects.create_user("manager@example.test", "x", is_staff=True)


def test_row_changes_name_row_field_and_language(register: Register) -> None:
    old = apply_preset(register, "politique")
    new = deepcopy(old)
    new["cookies"][3]["lifetime"]["de"] = "1 Jahr"
    new["services"][2]["hosts"]["img"].append("https://example.org")
    new["policy"][1]["text"]["fr"] += " Fin."
    del new["browsers"][6]
    new["banner"]["title"]["en"] = "Cookies"
    found = {(c.section, c.key): c for c in row_changes(old, new)}
    assert set(found) == {
        ("cookies", "_ga"), ("services", "google-analytics"), ("policy", "terms"),
        ("browsers", "internet-explorer"), ("banner", "title"),
    }  # fmt: skip
    (field,) = found["cookies", "_ga"].fields
    assert (field.name, field.language, field.old, field.new) == (
        "lifetime", "de", "2 Jahre", "1 Jahr",
    )  # fmt: skip
    assert found["services", "google-analytics"].fields[0].part == "img"
    assert found["browsers", "internet-explorer"].kind == "removed"
    assert row_changes(old, deepcopy(old)) == []


def test_another_order_is_one_change(register: Register) -> None:
    old = apply_preset(register, "politique")
    new = deepcopy(old)
    new["cookies"].reverse()
    (change,) = row_changes(old, new)
    assert (change.section, change.key, change.kind) == ("cookies", "", "order")


def test_lines_and_words_are_marked() -> None:
    assert line_changes(["a", "b"], ["a", "c"]) == [("removed", "b"), ("added", "c")]
    left, right = marked("garde 2 ans.", "garde 1 an.")
    assert "".join(text for _, text in left) == "garde 2 ans."
    assert [text for changed, text in right if changed] == ["1", "an"]


def test_ck_16_reasons_name_what_asks_again(register: Register) -> None:
    old = agreement(apply_preset(register, "politique"))
    new = deepcopy(register)
    new["cookies"][3]["lifetime_seconds"] = 1
    new["services"][2]["purpose"]["fr"] = "Vendre vos données."
    new["cookies"].append({**deepcopy(new["cookies"][5]), "name": "_new"})
    found = reasons(old, agreement(apply_preset(new, "politique")))
    assert {(r.section, r.key, r.field) for r in found} == {
        ("cookies", "_ga", "lifetime_seconds"),
        ("services", "google-analytics", "purpose"),
        ("cookies", "_new", ""),
    }


def test_ck_16_another_order_asks_nobody(register: Register) -> None:
    old = agreement(apply_preset(register, "politique"))
    for section in ("cookies", "services", "categories"):
        register[section].reverse()
    register["services"][0]["hosts"]["connect"].reverse()
    assert same_agreement(old, agreement(apply_preset(register, "politique")))


def test_problems_name_their_row_and_speak_french(register: Register) -> None:
    register["cookies"][0]["lifetime_seconds"] = 60
    register["policy"][1]["text"]["fr"] += " {nobody}"
    found = {(p.section, p.key): p.said for p in problems(register)}
    assert "1209600 secondes" in found["cookies", "sessionid"]
    assert "« nobody »" in found["policy", "terms"]


def test_a_wrong_shape_blocks_and_names_its_row(register: Register) -> None:
    register["services"][2]["country"] = "ie"
    (problem,) = blocking(register)
    assert (problem.section, problem.key) == ("services", "google-analytics")


@pytest.mark.django_db
def test_publishing_is_bound_to_what_was_looked_at(manager: User) -> None:
    """The draft changed since, or somebody published: nothing is published."""
    text = BannerText.objects.get(key="title")
    text.text = {**text.text, "fr": "Vos cookies, vos choix"}
    text.save()
    seen = looked_at(rows.dumped(), "politique", 1)
    text.text = {**text.text, "nl": "Cookies"}
    text.save()
    with pytest.raises(DraftChanged):
        publish(now=NOW, preset="politique", by=manager, expected=seen)
    assert Publication.objects.count() == 1
    assert not Act.objects.exists()
    seen = looked_at(rows.dumped(), "politique", 1)
    version = publish(now=NOW, preset="politique", by=manager, expected=seen)
    assert version is not None
    act = Act.objects.get()
    assert (act.act, act.actor, act.details["asks_again"]) == (
        "register.published", manager.pk, False,
    )  # fmt: skip
    with pytest.raises(DraftChanged):
        publish(now=NOW, preset="politique", by=manager, expected=seen)
    assert Publication.objects.count() == 2


@pytest.mark.django_db
def test_discard_goes_back_to_what_is_published(manager: User) -> None:
    Cookie.objects.filter(name="_gat").delete()
    draft = rows.dumped()
    with pytest.raises(DraftChanged):
        discard(by=manager, now=NOW, expected="0" * 64)
    discard(by=manager, now=NOW, expected=looked_at(draft, "politique", 1))
    assert rows.dumped() == Publication.objects.get().source
    assert Act.objects.get().act == "draft.discarded"


@pytest.mark.django_db
def test_preset_of_staff_survives_a_restart(settings: Any, manager: User) -> None:
    """`register load --publish --if-empty` follows the environment only where staff never chose."""
    seen = looked_at(rows.dumped(), "strict_be_fr", 1)
    presets.switch(to="strict_be_fr", by=manager, now=NOW, expected=seen)
    assert set(Act.objects.values_list("act", flat=True)) == {
        "register.published",
        "preset.switched",
    }
    for environment in ("politique", "strict_be_fr"):
        settings.POLICY_PRESET = environment
        call_command("register", "load", "--publish", "--if-empty", stdout=StringIO())
        assert Publication.objects.count() == 2
    newest = Publication.objects.get(number=2)
    assert (newest.preset, Control.objects.get().policy_preset) == ("strict_be_fr",) * 2
    assert Publication.objects.get(number=1).preset == "politique"
    assert Notice.objects.count() == 2


@pytest.mark.django_db
def test_a_refused_switch_keeps_no_choice(manager: User) -> None:
    with pytest.raises(DraftChanged):
        presets.switch(to="strict_be_fr", by=manager, now=NOW, expected="0" * 64)
    assert presets.by_staff() == ""
    assert presets.chosen() == "politique"


def test_two_publishers_at_once_make_one_version(own_database: str) -> None:
    """Both looked at the same draft; the second is told that it is no longer so."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import connection

    people = [User.objects.create_user(f"{n}@example.test", "x") for n in "ab"]
    text = BannerText.objects.get(key="title")
    text.text = {**text.text, "fr": "Vos cookies, vos choix"}
    text.save()
    seen = looked_at(rows.dumped(), "politique", 1)
    together = Barrier(2)

    def one(by: User) -> str:
        try:
            together.wait(10)
            version = publish(now=NOW, preset="politique", by=by, expected=seen)
            return f"version {version.number}" if version else "nothing"
        except DraftChanged:
            return "changed"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, people)) == ["changed", "version 2"]
    assert Publication.objects.count() == 2
    assert Act.objects.filter(act="register.published").count() == 1
