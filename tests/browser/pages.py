"""Every address that the rules are walked through, in one place."""

PREFIXES = {"fr": "", "nl": "/nl", "de": "/de", "en": "/en"}

# What anyone may read: status 200.
READABLE = (
    "/",
    "/contact/",
    "/privacy/",
    "/privacy/versions/",
    "/privacy/versions/1/",
    "/privacy/cookies/",
    "/privacy/rights/",
)
# Forms of people who are not logged in.
FORMS = ("/account/login/", "/account/register/", "/account/password/reset/")
# Not found; a link that no longer works.
ERRORS = ("/no-such-page/", "/account/confirm/used/")
# Only under one address, whatever the language.
STAFF = ("/admin/login/", "/admin/")
DOCUMENTATION = ("/api/docs/",)
OWN_SPACE = ("/account/",)

PATHS = (*READABLE, *FORMS, *ERRORS)
FRENCH = (*PATHS, *STAFF, *DOCUMENTATION)
EVERYWHERE = (
    *(prefix + path for prefix in PREFIXES.values() for path in PATHS),
    *STAFF,
    *DOCUMENTATION,
)
