"""Every setting, from the environment; a missing or wrong value stops start-up with a sentence.

Names and defaults are described in docs/settings.md. Outside DEMO nothing has a secret default.
"""

import atexit
import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from clicknconnect import demo, embedded
from clicknconnect.secret_files import SecretFileError, value_of

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
_demo_secrets = demo.demo_secrets(DATA_DIR) if DEMO else {}


def kept(name: str) -> str:
    """What may lie in a file instead of the environment (NAME_FILE); empty when it is not set."""
    try:
        return value_of(name)
    except SecretFileError as error:
        raise ImproperlyConfigured(str(error)) from error


def secret(name: str, what: str) -> str:
    """The secret `name`; in DEMO one that was made once and kept in the data folder."""
    value = kept(name) or _demo_secrets.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it to {what} (or set DEMO=1 to try the site)."
        )
    if not DEMO and demo.is_demo_secret(value):
        raise ImproperlyConfigured(f"{name} holds a demo secret. Set it to {what}.")
    return value


# --- Secrets: the first of a list is used, the others still verify -----------------------------

SECRET_KEY, *SECRET_KEY_FALLBACKS = secret(
    "SECRET_KEY", "50 or more random characters; older ones may follow after commas"
).split(",")
FIELD_ENCRYPTION_KEYS = secret(
    "FIELD_ENCRYPTION_KEYS", "a Fernet key; older ones may follow after commas"
).split(",")
for _key in FIELD_ENCRYPTION_KEYS:
    try:
        Fernet(_key)
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS must hold Fernet keys: 32 random bytes in URL-safe base64."
        ) from error
LEDGER_SIGNING_KEYS = secret(
    "LEDGER_SIGNING_KEYS", '"<key id>:<base64 of 32 random bytes>"; older ones may follow'
).split(",")
for _key in LEDGER_SIGNING_KEYS:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}:[A-Za-z0-9+/_-]{43}=?", _key):
        raise ImproperlyConfigured(
            'LEDGER_SIGNING_KEYS must look like "2026a:<base64 of 32 random bytes>".'
        )
DEMO_PASSWORD = kept("DEMO_PASSWORD") or _demo_secrets.get("DEMO_PASSWORD", "")
METRICS_TOKEN = kept("METRICS_TOKEN") or _demo_secrets.get("METRICS_TOKEN", "")
if not DEMO and demo.is_demo_secret(METRICS_TOKEN):
    raise ImproperlyConfigured("METRICS_TOKEN holds a demo secret. Set it to a random one.")

# --- Where the site is -------------------------------------------------------------------------

PORT = env.int("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", ".localhost", "[::1]"])
TRUSTED_PROXIES = [
    ipaddress.ip_network(network) for network in env.list("TRUSTED_PROXIES", default=[])
]
if not DEMO and not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured(
        "SITE_URL must start with https:// (or set DEMO=1 to try the site on this machine)."
    )

# --- Database: the application's role every day, the owner's only to migrate --------------------


def database_urls() -> tuple[str, str]:
    """(application, owner) URLs; without DATABASE_URL those of the embedded cluster, started."""
    application = kept("DATABASE_URL")
    if application:
        return application, kept("DATABASE_OWNER_URL") or application
    if not DEMO:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set. Set it to postgresql://ROLE:PASSWORD@HOST/NAME?sslmode=... "
            "(or set DEMO=1 to use the PostgreSQL that comes with the project)."
        )
    cluster = embedded.default_cluster()
    if not cluster.is_running():
        atexit.register(cluster.stop)
    endpoints = cluster.ensure()
    return endpoints.app_url, endpoints.owner_url


def database(url: str, *, pool: bool) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql", "psql", "pgsql"}:
        raise ImproperlyConfigured("The database is PostgreSQL, always: postgresql://…")
    host = parts.hostname or ""
    local = host in {"", "localhost", "127.0.0.1", "::1"} or host.startswith(("/", "%2F", "%2f"))
    sslmode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    if not DEMO and not local and sslmode not in {"require", "verify-ca", "verify-full"}:
        raise ImproperlyConfigured(
            "The database is on another host and the connection would not be encrypted. "
            "Add ?sslmode=verify-full (or require) to its URL."
        )
    config = dict(env.db_url_config(url))
    config["ENGINE"] = "django.db.backends.postgresql"
    options = dict(config.get("OPTIONS") or {})
    if pool:
        options["pool"] = {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=8),
            "timeout": 5,
        }
    config["OPTIONS"] = options
    config["CONN_HEALTH_CHECKS"] = False
    return config


_application_url, _owner_url = database_urls()
_direct_url = kept("DATABASE_DIRECT_URL") or _application_url
DATABASES = {
    "default": database(_application_url, pool=True),
    # Owner of the tables; `migrate` and `backup` are the only commands that use it.
    "owner": database(_owner_url, pool=False),
    # Not through PgBouncer: LISTEN and the queue need a session of their own.
    "direct": database(_direct_url, pool=False),
}
for _alias in ("owner", "direct"):
    DATABASES[_alias]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS = ["clicknconnect.database.OneDatabase"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "clicknconnect",  # first: its `migrate` replaces Django's
    "consent",
    "privacy",
    "clicknconnect.staff.StaffAdminConfig",
    "django.contrib.auth",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "procrastinate.contrib.django",
]
AUTH_USER_MODEL = "privacy.User"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clicknconnect.middleware.observe",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clicknconnect.language.language_of_path",
    "clicknconnect.unreplayed.wait_for_replay",
    "clicknconnect.middleware.limit_body",  # its answer is in the page's language
    "clicknconnect.sessions.AuthenticatedSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "clicknconnect.csrf.OriginCsrfMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "consent.middleware.ConsentMiddleware",
]
ROOT_URLCONF = "clicknconnect.urls"
WSGI_APPLICATION = "clicknconnect.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clicknconnect.context.site",
            ],
        },
    }
]

# --- Sessions, tokens, messages: nothing for anonymous people (CK-14, T-06) ----------------------

SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_AGE = 1_209_600  # "14 jours", PF-10
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "Csrf-token"  # that spelling, PF-11
CSRF_COOKIE_AGE = 31_536_000  # "1 an"; Django's default is a day short
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clicknconnect.errors.forbidden_origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
MESSAGE_STORAGE = "clicknconnect.messages.CookielessStorage"

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "account:login"
LOGIN_REDIRECT_URL = "account:home"
PASSWORD_RESET_TIMEOUT = 3 * 3600
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Transport and headers ----------------------------------------------------------------------

SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEMO else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    # CsrfViewMiddleware is there by subclass: clicknconnect.csrf.OriginCsrfMiddleware;
    # clicknconnect.checks fails when it is not.
    "security.W003",
]
MAX_BODY_BYTES = 65_536
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
# Three files of 5 MiB and the rest of a form, where middleware.takes_files says so.
MAX_UPLOAD_BYTES = 16 * 1024 * 1024
# In memory only: what people send never lies in clear on a disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# --- Languages: in the address, never in a cookie (CK-21) ----------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("nl", "Nederlands"), ("de", "Deutsch"), ("en", "English")]
FORMAT_MODULE_PATH = "clicknconnect.formats"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Brussels"

# --- Static files ------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {"BACKEND": "clicknconnect.staticfiles.PublishedStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False  # /static/consent/consent.js is public interface

# --- Mail --------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="info@clicknconnect.be")
# Where people answer letters about their requests; IMAP_URL reads it.
PRIVACY_INBOX = env.str("PRIVACY_INBOX", default="") or DEFAULT_FROM_EMAIL
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_DIR = DATA_DIR / "mail"


def mailer(url: str) -> dict[str, Any]:
    if not url:
        return {"BACKEND": "clicknconnect.mail.EmlFolderBackend"}
    config = env.email_url_config(url)
    options = {
        name: value
        for name, value in {
            "host": config.get("EMAIL_HOST"),
            "port": config.get("EMAIL_PORT"),
            "username": config.get("EMAIL_HOST_USER"),
            "password": config.get("EMAIL_HOST_PASSWORD"),
            "use_tls": config.get("EMAIL_USE_TLS"),
            "use_ssl": config.get("EMAIL_USE_SSL"),
            "timeout": 20,
        }.items()
        if value
    }
    backend = config["EMAIL_BACKEND"]
    return {"BACKEND": backend, "OPTIONS": options if backend.endswith("smtp.EmailBackend") else {}}


MAILERS = {"default": mailer(kept("EMAIL_URL"))}

# The privacy inbox: imaps://user:password@host/INBOX. Empty: no inbox is read.
IMAP_URL = kept("IMAP_URL")
if IMAP_URL and not IMAP_URL.startswith("imaps://"):
    raise ImproperlyConfigured("IMAP_URL must begin with imaps:// (TLS).")

# --- The journal of erasures: outside the database, a restored backup does not undo it ----------

ERASURE_JOURNAL_URL = kept("ERASURE_JOURNAL_URL") or str(DATA_DIR / "journal")
if ERASURE_JOURNAL_URL.startswith(("postgres://", "postgresql://")):
    database(ERASURE_JOURNAL_URL, pool=False)  # the same demands on its encryption
    if urlsplit(ERASURE_JOURNAL_URL)[1:3] == urlsplit(_application_url)[1:3]:
        raise ImproperlyConfigured(
            "ERASURE_JOURNAL_URL is the site's own database: a backup that is restored would take "
            "the journal back too. Name a folder or another PostgreSQL."
        )
elif "://" in ERASURE_JOURNAL_URL.removeprefix("file://"):
    raise ImproperlyConfigured(
        "ERASURE_JOURNAL_URL must be a folder (/srv/journal) or a second PostgreSQL "
        "(postgresql://ROLE:PASSWORD@HOST/NAME)."
    )

# --- Two people: acts on a request that a second one approves -----------------------------------

FOUR_EYES_ACTS = ("erase", "refuse", "release", "lift")
FOUR_EYES = tuple(env.list("FOUR_EYES", default=list(FOUR_EYES_ACTS)))
if unknown := set(FOUR_EYES) - set(FOUR_EYES_ACTS):
    raise ImproperlyConfigured(
        f"FOUR_EYES names acts that nobody approves: {', '.join(sorted(unknown))}. "
        f"Known: {', '.join(FOUR_EYES_ACTS)}; leave it empty for none."
    )

# --- Consent -----------------------------------------------------------------------------------

REGISTER_FILE = BASE_DIR / "clicknconnect" / "register.yaml"
POLICY_PRESET = env.str("POLICY_PRESET", default="politique")
if POLICY_PRESET not in {"politique", "strict_be_fr"}:
    raise ImproperlyConfigured('POLICY_PRESET must be "politique" or "strict_be_fr".')
GA_MEASUREMENT_ID = env.str("GA_MEASUREMENT_ID", default="G-C7V9QNLBQD")
GA_ENABLED = env.bool("GA_ENABLED", default=True)
if (
    not DEMO
    and f"name: _ga_{GA_MEASUREMENT_ID.removeprefix('G-')}\n"
    not in REGISTER_FILE.read_text("utf-8")
):
    raise ImproperlyConfigured(
        "GA_MEASUREMENT_ID does not agree with the cookie register: the register must declare the "
        "cookie _ga_<the id without G->. Correct one of the two."
    )
# Choices a minute that one network may make, for each web process.
CONSENT_RATE_PER_MINUTE = env.int("CONSENT_RATE_PER_MINUTE", default=60)
# Where the newest seal of the log goes once a day; empty is nowhere, and staff are told so.
SEAL_ANCHOR = env.str("SEAL_ANCHOR", default="").strip()


def check_anchor(address: str) -> None:
    if re.fullmatch(r"mailto:[^@\s?,]+@[^@\s?,]+\.[^@\s?,]+", address):
        return
    parts = urlsplit(address)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    right = parts.scheme == "https" or (parts.scheme == "http" and DEMO and loopback)
    if not right or not parts.hostname or "@" in parts.netloc:
        raise ImproperlyConfigured(
            'SEAL_ANCHOR must be "mailto:<a mailbox outside the company>" or the https:// address '
            "of an RFC 3161 time-stamp service (http:// only in DEMO, on this machine)."
        )


if SEAL_ANCHOR:
    check_anchor(SEAL_ANCHOR)
# Follow publications of other processes by LISTEN; the tests publish in their own process.
CONSENT_FOLLOW = env.bool("CONSENT_FOLLOW", default=True)
# URL namespaces where analytics never runs, whatever the consent.
CONSENT_GATE_CLOSED = {"account", "rights", "objection", "admin"}

# --- API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clicknconnect.errors.api_error",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Click'n CoNNect",
    "DESCRIPTION": "Cookie consent: state, notice, choices and their receipts.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Two fields of one name and different values: each set has a name of its own.
    "ENUM_NAME_OVERRIDES": {
        "ConsentStatusEnum": "consent.enums.Status",
        "RequestStatusEnum": "privacy.requests.states.Status",
        "RequestChannelEnum": "privacy.models.request.RequestChannel",
        "EnteredChannelEnum": "privacy.api.shapes.ENTERED_CHANNELS",
    },
}

# --- Logs: JSON, no personal data ----------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "clicknconnect.logs.configure"
LOGGING: dict[str, Any] = {"level": LOG_LEVEL}

PROCRASTINATE_DATABASE_ALIAS = "default"  # a job is part of the transaction that defers it
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
