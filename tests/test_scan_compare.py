"""CK-13, PF-23: what is seen and not declared is a sentence."""

import pytest
from django.conf import settings

from consent.register.effective import apply_preset
from consent.register.file import Register, read
from consent.scan.compare import Seen, SeenCookie, problems

ADDRESS = "https://www.example.test/"


@pytest.fixture
def register() -> Register:
    return apply_preset(read(settings.REGISTER_FILE), "politique")


def seen(state: str = "undecided", **what: object) -> Seen:
    return Seen(address=ADDRESS, state=state, **what)  # type: ignore[arg-type]


def cookie(name: str, seconds: int | None = 60) -> SeenCookie:
    return SeenCookie(name, "www.example.test", seconds)


@pytest.mark.parametrize(
    "page",
    [
        seen(),
        seen("refused", cookies=(cookie("cookieconsent_status", 31_536_000),)),
        seen("accepted", cookies=(cookie("_ga", 34_560_000), cookie("_gat", 60))),
        seen(requests=("https://www.example.test/static/site.css",)),
        seen(
            "accepted",
            requests=(
                "https://www.googletagmanager.com/gtag/js?id=G-X",
                "https://region1.google-analytics.com/g/collect",
            ),
        ),
    ],
)
def test_what_is_declared_passes(register: Register, page: Seen) -> None:
    assert problems(register, page) == []


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (seen(cookies=(cookie("tracker"),)), "not declared"),
        (seen(cookies=(cookie("_ga"),)), "without agreement"),
        (seen("withdrawn", cookies=(cookie("_gat"),)), "without agreement"),
        (seen("refused", cookies=(cookie("cookieconsent_status", 31_536_100),)), "longer than"),
        (seen(storage=("localStorage:theme",)), "no storage"),
        (seen(requests=("https://www.googletagmanager.com/gtag/js",)), "for this state"),
        (seen("accepted", requests=("https://evil.example/x",)), "for this state"),
        (seen("accepted", requests=("https://google-analytics.com.evil.example/",)), "state"),
    ],
)
def test_what_is_not_declared_is_said(register: Register, page: Seen, words: str) -> None:
    (sentence,) = problems(register, page)
    assert words in sentence
    assert ADDRESS in sentence


def test_a_pattern_declares_what_it_matches(register: Register) -> None:
    register["cookies"].append({**register["cookies"][5], "name": "_gat_*", "is_pattern": True})
    assert problems(register, seen("accepted", cookies=(cookie("_gat_UA"),))) == []
    assert problems(register, seen("accepted", cookies=(cookie("_gax"),)))
