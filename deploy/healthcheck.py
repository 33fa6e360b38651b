"""`web`: does this container answer? `worker`: does a worker of the site give signs of life?"""

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from clicknconnect.secret_files import value_of

# A worker writes one every ten seconds.
HEARTBEAT = (
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'"
)


def web() -> bool:
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4
    )
    # The site answers to its own name only.
    connection.request("GET", "/healthz", headers={"Host": urlsplit(os.environ["SITE_URL"]).netloc})
    return connection.getresponse().status == 200


def worker() -> bool:
    url = value_of("DATABASE_DIRECT_URL") or value_of("DATABASE_URL")
    with psycopg.connect(url, connect_timeout=4) as connection:
        row = connection.execute(HEARTBEAT).fetchone()
    return row is not None and row[0] > 0


if __name__ == "__main__":
    sys.exit(0 if {"web": web, "worker": worker}[sys.argv[1]]() else 1)
