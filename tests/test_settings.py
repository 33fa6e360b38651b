"""A missing or wrong setting stops start-up with a sentence that says what to do."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KEY = base64.urlsafe_b64encode(os.urandom(32)).decode()
PRODUCTION = {
    "SECRET_KEY": "x" * 60,
    "FIELD_ENCRYPTION_KEYS": KEY,
    "LEDGER_SIGNING_KEYS": f"2026a:{KEY}",
    "SITE_URL": "https://www.example.test",
    "ALLOWED_HOSTS": "www.example.test",
    "DATABASE_URL": "postgresql://app:pw@db.example.test/site?sslmode=verify-full",
    "DATABASE_OWNER_URL": "postgresql://owner:pw@db.example.test/site?sslmode=verify-full",
}


def start(**changes: str | None) -> str:
    """Read the settings in a process of its own; what it wrote to stderr, empty when it started."""
    environment = {**PRODUCTION, **changes}
    environment = {name: value for name, value in environment.items() if value is not None}
    run = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
             **environment},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.stderr if run.returncode else ""


def test_production_starts() -> None:
    assert start() == ""


@pytest.mark.parametrize("address", ["mailto:seal@outside.example", "https://tsa.example/tsr", ""])
def test_cp_01_an_anchor_outside_the_house_starts(address: str) -> None:
    assert start(SEAL_ANCHOR=address) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
        ({"FIELD_ENCRYPTION_KEYS": None}, "FIELD_ENCRYPTION_KEYS is not set"),
        ({"LEDGER_SIGNING_KEYS": None}, "LEDGER_SIGNING_KEYS is not set"),
        ({"FIELD_ENCRYPTION_KEYS": "short"}, "Fernet"),
        ({"LEDGER_SIGNING_KEYS": "nocolon"}, "must look like"),
        ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "sqlite:///x.db"}, "PostgreSQL, always"),
        ({"DATABASE_URL": "postgresql://app:pw@db.example.test/site"}, "not be encrypted"),
        ({"DATABASE_URL": "postgresql://a:b@db.example.test/s?sslmode=prefer"}, "not be encrypted"),
        ({"SITE_URL": "http://www.example.test"}, "https://"),
        ({"GA_MEASUREMENT_ID": "G-OTHER12345"}, "does not agree with the cookie register"),
        ({"SEAL_ANCHOR": "ftp://outside.example"}, "SEAL_ANCHOR must be"),
        ({"SEAL_ANCHOR": "seal@outside.example"}, "SEAL_ANCHOR must be"),
        ({"SEAL_ANCHOR": "mailto:nobody"}, "SEAL_ANCHOR must be"),
        ({"SEAL_ANCHOR": "https://"}, "SEAL_ANCHOR must be"),
        ({"SEAL_ANCHOR": "http://127.0.0.1:8080/tsr"}, "SEAL_ANCHOR must be"),
        ({"POLICY_PRESET": "lax"}, "POLICY_PRESET must be"),
    ],
)
def test_a_wrong_setting_stops_start_up(changes: dict[str, str | None], words: str) -> None:
    assert words in start(**changes)


def test_a_demo_secret_is_refused_outside_demo(tmp_path: Path) -> None:
    from clicknconnect.demo import demo_secrets

    secrets = demo_secrets(tmp_path)
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "LEDGER_SIGNING_KEYS"):
        assert f"{name} holds a demo secret" in start(**{name: secrets[name]})


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    """Addresses of the database and of the mail server too: they hold passwords."""
    names = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "LEDGER_SIGNING_KEYS", "DATABASE_URL",
             "DATABASE_OWNER_URL")  # fmt: skip
    changes: dict[str, str | None] = {}
    for name in names:
        (tmp_path / name).write_text(f"{PRODUCTION[name]}\n")
        changes |= {name: None, f"{name}_FILE": str(tmp_path / name)}
    (tmp_path / "mail").write_text("smtp+tls://user:password@mail.example.test:587")
    assert start(**changes, EMAIL_URL_FILE=str(tmp_path / "mail")) == ""


def test_a_file_of_a_secret_that_cannot_be_used_stops_start_up(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x" * 60)
    (tmp_path / "empty").write_text("\n")
    for changes, words in (
        ({"SECRET_KEY_FILE": str(tmp_path / "key")}, "SECRET_KEY_FILE are both set"),
        (
            {"SECRET_KEY": None, "SECRET_KEY_FILE": str(tmp_path / "none")},
            "cannot be read: No such",
        ),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": str(tmp_path / "empty")}, "which is empty"),
        ({"EMAIL_URL_FILE": str(tmp_path)}, "cannot be read: Is a directory"),
    ):
        assert words in start(**changes)  # type: ignore[arg-type]


def test_version_is_the_projects() -> None:
    from clicknconnect import VERSION

    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text()
    assert f"image: clicknconnect:{VERSION}\n" in (ROOT / "docker-compose.yml").read_text()
