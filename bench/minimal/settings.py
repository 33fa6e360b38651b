from clicknconnect.settings import *  # noqa: F403
from clicknconnect.settings import BASE_DIR
from clicknconnect.settings import TEMPLATES as _TEMPLATES

ROOT_URLCONF = "bench.minimal.urls"
_FOLDERS = [*_TEMPLATES[0]["DIRS"], BASE_DIR / "bench" / "minimal" / "templates"]
TEMPLATES = [{**_TEMPLATES[0], "DIRS": _FOLDERS}]
