from clicknconnect.settings import *  # noqa: F403
from clicknconnect.settings import MIDDLEWARE as _MIDDLEWARE
from clicknconnect.settings import TEMPLATES as _TEMPLATES

MIDDLEWARE = [name for name in _MIDDLEWARE if name != "consent.middleware.ConsentMiddleware"]
_OPTIONS = _TEMPLATES[0]["OPTIONS"]
TEMPLATES = [
    {
        **_TEMPLATES[0],
        "OPTIONS": {
            **_OPTIONS,
            "context_processors": [
                "bench.without.context.site" if name == "clicknconnect.context.site" else name
                for name in _OPTIONS["context_processors"]
            ],
            "libraries": {"consent": "bench.without.tags"},
        },
    }
]
