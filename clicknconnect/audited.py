"""What staff do in the admin, in the journal (DR-21, CONTRACT's "each view logged").

Every ModelAdmin gets `Audited` when it is registered, every admin view goes through `journalled`:
no screen has to remember it. Django's LogEntry is not written: the application's role could change
it, and it would keep the names of people who were erased.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from consent import audit
from consent.models import Act
from privacy.groups import AUDITORS

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Pages that show nobody's data; an auditor's visit is noted all the same.
IMPERSONAL = ("index", "app_list", "add_view")
# Not pages: a script, and ways out of the admin.
UNSEEN = ("jsi18n", "login", "logout", "password_change", "password_change_done")
VIEWS = {
    "changelist_view": "admin.listed",
    "change_view": "admin.viewed",
    "delete_view": "admin.viewed",
    "history_view": "admin.history_viewed",
    "autocomplete": "admin.searched",
}
LOOKED = ("admin.listed", "admin.viewed", "admin.history_viewed", "admin.opened")
PER_PAGE = 100


def audited(admin_class: type[admin.ModelAdmin]) -> type[admin.ModelAdmin]:
    """`admin_class` with `Audited` in front."""
    if issubclass(admin_class, Audited):
        return admin_class
    return type(
        admin_class.__name__, (Audited, admin_class), {"__module__": admin_class.__module__}
    )


def target_of(obj: Any) -> str:
    """How the journal names a row: "privacy.user:<key>"."""
    return f"{obj._meta.label_lower}:{obj.pk}"


class Audited(admin.ModelAdmin):
    """Acts instead of LogEntry. A ModelAdmin that shows nobody's data says `personal = False`."""

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        add: bool = False,  # noqa: FBT001, FBT002  Django's signature
    ) -> Any:
        request.changed_names = _names(form, formsets)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._write(request, "admin.added", obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._write(request, "admin.changed", obj)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._write(request, "admin.deleted", obj)

    def _write(self, request: HttpRequest, act: str, obj: Any) -> None:
        names = [] if act == "admin.deleted" else getattr(request, "changed_names", [])
        audit.record(
            by=request.user,  # type: ignore[arg-type]
            act=act,
            now=datetime.now(UTC),
            target=target_of(obj),
            details={"fields": names} if names else {},
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, from the journal."""
        target = f"{self.model._meta.label_lower}:{unquote(object_id)}"
        acts = Act.objects.filter(target=target).exclude(act__in=LOOKED).order_by("at", "id")
        paginator = self.get_paginator(request, acts, PER_PAGE)  # type: ignore[arg-type]
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        addresses = dict(
            get_user_model()
            .objects.filter(pk__in=[act.actor for act in page if act.actor])
            .values_list("pk", "email")
        )
        for act in page:
            act.by = addresses.get(act.actor, act.actor or "manage.py")
        context = {
            "action_list": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "pagination_required": paginator.count > PER_PAGE,
            **(extra_context or {}),
        }
        return super().history_view(request, object_id, context)


def _names(form: Any, formsets: Any) -> list[str]:
    """Names of the fields that changed, never their values; of other tables with their name."""
    names = list(form.changed_data)
    for formset in formsets or []:
        label = formset.model._meta.model_name
        changed = {name for _, fields in formset.changed_objects for name in fields}
        names += sorted(f"{label}.{name}" for name in changed)
        names += [f"{label}+"] * bool(formset.new_objects)
        names += [f"{label}-"] * bool(formset.deleted_objects)
    return names


# --- Every admin view ---------------------------------------------------------------------------


def journalled(
    request: HttpRequest, view: Callable[..., Any], respond: Callable[[], HttpResponse]
) -> HttpResponse:
    """Respond, and see to it that the journal knows.

    A request that may change something is one transaction with its acts; when nothing more precise
    was written, it gets an act of its own. What shows people's data gets one before it is sent.
    """
    try:
        if request.method in SAFE_METHODS:
            response = respond()
            if response.status_code == 200:
                _write_seen(request, view)
            return response
        with transaction.atomic(), audit.noting() as acts:
            response = respond()
            if not acts and response.status_code < 400 and _url_name(request) not in UNSEEN:
                _write(request, "admin.posted", _page(request), _posted(request))
            return response
    except PermissionDenied:
        _write(request, "admin.refused", _page(request))
        raise


def _write_seen(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Whoever looks at a person's record; an auditor, whatever is looked at."""
    name = getattr(view, "__name__", "")
    url_name = _url_name(request)
    if url_name in UNSEEN:
        return
    screen = getattr(view, "__self__", None)
    impersonal = (
        url_name in IMPERSONAL or name in IMPERSONAL or getattr(screen, "personal", True) is False
    )
    if impersonal and not _is_auditor(request):
        return
    act = VIEWS.get(name) or VIEWS.get(url_name) or "admin.opened"
    details = {"filters": sorted(request.GET)} if request.GET else {}
    _write(request, act, _page(request), details)


def _is_auditor(request: HttpRequest) -> bool:
    return request.user.groups.filter(name=AUDITORS).exists()  # type: ignore[union-attr]


def _posted(request: HttpRequest) -> dict[str, Any]:
    action = request.POST.get("action", "")
    return {"action": action[:60]} if action else {}


def _url_name(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match is not None else ""


def _page(request: HttpRequest) -> str:
    """The row or the list that a page is about; its name, where it is about something else."""
    name, match = _url_name(request), request.resolver_match
    arguments = match.kwargs if match is not None else {}
    for suffix in ("changelist", "change", "delete", "history", "add"):
        label = name.removesuffix(f"_{suffix}")
        if label != name:
            label = label.replace("_", ".", 1)
            key = arguments.get("object_id")
            return f"{label}:{unquote(unquote_plus(key))}" if key else label
    rest = "/".join(str(value) for value in arguments.values())
    return f"{name}:{rest}" if rest else name


def _write(
    request: HttpRequest, act: str, target: str, details: dict[str, Any] | None = None
) -> None:
    audit.record(
        by=request.user,  # type: ignore[arg-type]
        act=act,
        now=datetime.now(UTC),
        target=target,
        details=details,
    )
