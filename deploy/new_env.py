"""New secrets. Needs nothing but Python.

python3 deploy/new_env.py > .env              for docker-compose.yml
python3 deploy/new_env.py /etc/clicknconnect  site.env and owner.env there, for the systemd units

Who has these files has the site: keep them out of version control, and keep a copy of them apart
from the backups.
"""

import base64
import datetime
import os
import secrets
import sys
from pathlib import Path

PLACE = [
    "# Where the site is: to be filled in.",
    "SITE_URL=https://www.example.org",
    "ALLOWED_HOSTS=www.example.org",
]
MAIL = [
    "# smtp+tls://user:password@host:587; without it each mail is a file in the data folder.",
    "EMAIL_URL=",
]


def key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def password() -> str:
    """It stands in an address: letters and digits only."""
    return secrets.token_hex(24)


def keys() -> list[str]:
    year = datetime.datetime.now(datetime.UTC).year
    return [
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"FIELD_ENCRYPTION_KEYS={key()}",
        f"LEDGER_SIGNING_KEYS={year}a:{key()}",
        f"METRICS_TOKEN={secrets.token_urlsafe(24)}",
    ]


def compose() -> list[str]:
    return [
        *PLACE,
        "# The proxy, as the web containers see it.",
        "TRUSTED_PROXIES=172.16.0.0/12",
        *MAIL,
        "",
        *keys(),
        f"POSTGRES_PASSWORD={password()}",
        f"DATABASE_OWNER_PASSWORD={password()}",
        f"DATABASE_PASSWORD={password()}",
    ]


def server() -> tuple[list[str], list[str]]:
    """(what web and worker read, what only `migrate` and `backup` read beside it)."""
    database = "postgresql://{}:{}@127.0.0.1:5432/clicknconnect"
    site = [
        *PLACE,
        "TRUSTED_PROXIES=127.0.0.1",
        *MAIL,
        "DATA_DIR=/var/lib/clicknconnect/data",
        "STATIC_ROOT=/var/lib/clicknconnect/public/static",
        "",
        *keys(),
        f"DATABASE_URL={database.format('clicknconnect_app', password())}",
    ]
    return site, [f"DATABASE_OWNER_URL={database.format('clicknconnect_owner', password())}"]


def write(path: Path, lines: list[str]) -> None:
    """A new file that only its owner reads; never over one that is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main() -> int:
    if len(sys.argv) == 1:
        sys.stdout.write("\n".join(compose()) + "\n")
        return 0
    folder = Path(sys.argv[1])
    try:
        for name, lines in zip(("site.env", "owner.env"), server(), strict=True):
            write(folder / name, lines)
            sys.stdout.write(f"Wrote {folder / name}.\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename} was not written: {error.strerror}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
