"""The environment of the tests, set before Django reads its settings (pytest's `-p`)."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("DATA_DIR", ROOT / ".data"))

os.environ["DEMO"] = "1"
os.environ["CONSENT_FOLLOW"] = "0"
os.environ.setdefault("STATIC_ROOT", str(DATA / "test-static"))
if "DATABASE_URL" not in os.environ:
    from clicknconnect.embedded import Cluster

    endpoints = Cluster(DATA / "test-postgres", fast=True).ensure()
    os.environ["DATABASE_URL"] = endpoints.app_url
    os.environ["DATABASE_OWNER_URL"] = endpoints.owner_url
