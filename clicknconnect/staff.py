"""The admin site: Django's own, with a login that makes no anonymous cookie, a second factor, and a
journal that no screen can forget to write."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicknconnect import dashboard

# Their screens would show the secrets of second factors.
NEVER_SHOWN = ("otp_static", "otp_totp")


class StaffAdminConfig(AdminConfig):
    default_site = "clicknconnect.staff.StaffSite"


class StaffSite(admin.AdminSite):
    site_header = "Click'n CoNNect"
    site_title = "Click'n CoNNect"
    index_title = gettext_lazy("Gestion")
    site_url = "/"
    # It would write to localStorage; this site uses none.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and outside a demonstration only in a session that a second factor verified."""
        if not super().has_permission(request):
            return False
        verified = getattr(request.user, "is_verified", None)
        return settings.DEMO or bool(verified and verified())

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As in Django, but every screen writes the journal."""
        from clicknconnect.audited import audited

        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else None
        shown = [
            model
            for model in (models or [model_or_iterable])
            if model._meta.app_label not in NEVER_SHOWN
        ]
        super().register(shown, audited(admin_class or admin.ModelAdmin), **options)

    def admin_view(
        self,
        view: Callable[..., Any],
        cacheable: bool = False,  # noqa: FBT001, FBT002  Django's signature
    ) -> Any:
        from clicknconnect.audited import journalled

        inner = super().admin_view(view, cacheable)

        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                return inner(request, *args, **kwargs)  # type: ignore[no-any-return]
            return journalled(request, view, lambda: inner(request, *args, **kwargs))

        update_wrapper(wrapped, inner)
        wrapped.is_journalled = True  # type: ignore[attr-defined]
        return wrapped

    def get_log_entries(self, request: HttpRequest) -> Any:
        """None: what staff do is in the journal, which nobody can change."""
        return super().get_log_entries(request).none()

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The site's own login page, which brings staff back here."""
        if self.has_permission(request):
            return redirect("admin:index")
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = reverse("admin:index")
        if request.user.is_authenticated:
            from clicknconnect.errors import error_page

            unverified = _("Cette page demande une connexion avec votre second facteur.")
            is_staff = getattr(request.user, "is_staff", False)
            return error_page(request, 403, detail=unverified if is_staff else "")
        return redirect(f"{reverse('account:login')}?{urlencode({'next': target})}")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What is to be done and how things stand, before the list of all screens."""
        board = dashboard.shown(request, datetime.now(UTC))
        return super().index(request, {**board, **(extra_context or {})})

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account:logout", preserve_request=True)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The site's own way, through the mailbox."""
        return redirect("account:password-reset")

    password_change_done = password_change  # type: ignore[assignment]
