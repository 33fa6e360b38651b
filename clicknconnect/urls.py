"""Addresses. French has no prefix; /nl/, /de/, /en/ stand before the same paths."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from clicknconnect import views
from clicknconnect.language import prefixes
from privacy.views.contact import contact_page

handler400 = "clicknconnect.errors.bad_request"
handler403 = "clicknconnect.errors.permission_denied"
handler404 = "clicknconnect.errors.not_found"
handler500 = "clicknconnect.errors.server_error"

urlpatterns = [
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", views.figures, name="metrics"),
    path(".well-known/gpc.json", views.gpc, name="gpc"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path(".well-known/consent-log.json", views.consent_log, name="consent-log"),
    path("favicon.ico", views.favicon),
    path("api/", include("privacy.api.urls")),
    path("api/", include("consent.api.urls")),
    path("admin/", admin.site.urls),
]
# `/nl` as somebody types it.
urlpatterns += [
    path(prefix.strip("/"), RedirectView.as_view(url=prefix, permanent=True)) for prefix in prefixes
]
urlpatterns += i18n_patterns(
    path("", views.front, name="front"),
    path("contact/", contact_page, name="contact"),
    path("privacy/rights/", include("privacy.rights_urls")),
    path("privacy/objection/", include("privacy.objection_urls")),
    path("privacy/", include("consent.urls")),
    path("account/", include("privacy.urls")),
    prefix_default_language=False,
)
