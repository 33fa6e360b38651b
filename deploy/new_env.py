"""Print a .env for docker-compose.yml with new secrets: python3 deploy/new_env.py > .env

Needs nothing but Python. Who has this file has the site: keep it out of version control, and keep
a copy of it apart from the backups of the database.
"""

import base64
import datetime
import secrets
import sys


def key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def lines() -> list[str]:
    year = datetime.datetime.now(datetime.UTC).year
    return [
        "# Where the site is: to be filled in.",
        "SITE_URL=https://www.example.org",
        "ALLOWED_HOSTS=www.example.org",
        "# The proxy that ends TLS in front of the site, as the web container sees it.",
        "TRUSTED_PROXIES=172.16.0.0/12",
        '# Without it each mail is a file in the volume "data".',
        "EMAIL_URL=",
        "",
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"FIELD_ENCRYPTION_KEYS={key()}",
        f"LEDGER_SIGNING_KEYS={year}a:{key()}",
        f"METRICS_TOKEN={secrets.token_urlsafe(24)}",
        "# They stand in addresses: letters and digits only.",
        f"POSTGRES_PASSWORD={secrets.token_hex(24)}",
        f"DATABASE_OWNER_PASSWORD={secrets.token_hex(24)}",
        f"DATABASE_PASSWORD={secrets.token_hex(24)}",
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
