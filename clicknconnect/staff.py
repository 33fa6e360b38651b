"""The admin site: Django's own, with a login that makes no anonymous cookie."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

from clicknconnect import dashboard


class StaffAdminConfig(AdminConfig):
    default_site = "clicknconnect.staff.StaffSite"


class StaffSite(admin.AdminSite):
    site_header = "Click'n CoNNect"
    site_title = "Click'n CoNNect"
    index_title = _("Gestion")
    site_url = "/"
    # It would write to localStorage; this site uses none.
    enable_nav_sidebar = False

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

            return error_page(request, 403)
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
