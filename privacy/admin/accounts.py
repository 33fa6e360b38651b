"""Accounts in the admin. Groups are Django's own; passwords are shown and set by nobody here."""

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent import audit
from privacy.actions.space import reopen
from privacy.entering import target_of
from privacy.models import User

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[User]
    Form = forms.ModelForm[User]
else:
    Admin = admin.ModelAdmin
    Form = forms.ModelForm

# Django's two lists with arrows name their search by what assistive technology may not read there.
BOXES: Any = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
# Whoever could change these could become anyone.
POWERS = ("is_staff", "is_superuser", "groups")


class UserForm(Form):
    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.strip().lower()


@admin.register(User)
class UserAdmin(Admin):
    form = UserForm
    list_display = ("email", "name", "language", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "groups", "language")
    search_fields = ("email", "name")
    ordering = ("email",)
    show_full_result_count = False
    formfield_overrides = BOXES  # type: ignore[assignment]
    readonly_fields = ("date_joined", "terms_accepted_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "language", "is_active")}),
        (_("Personnel"), {"fields": POWERS}),
        (_("Dates"), {"fields": ("date_joined", "terms_accepted_at", "last_login")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change staff: a new address and a new password would be their account."""
        if obj is not None and obj.is_staff and not _rules(request):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_staff and not _rules(request):
            return False
        return super().has_delete_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Form, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Which groups somebody came into or left is in the journal by name."""
        account: User = form.instance
        had = set(account.groups.values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        has = set(account.groups.values_list("name", flat=True))
        if had != has:
            audit.record(
                by=request.user,  # type: ignore[arg-type]
                act="staff.groups_changed",
                now=datetime.now(UTC),
                target=target_of(account),
                details={"added": sorted(has - had), "removed": sorted(had - has)},
            )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.readonly_fields if _rules(request) else (*self.readonly_fields, *POWERS)

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: Form,
        change: bool,  # noqa: FBT001  Django's signature
    ) -> None:
        if not change:
            # Nobody knows it; the person chooses one by "forgotten password".
            obj.set_password(secrets.token_urlsafe(32))
        super().save_model(request, obj, form, change)
        if change and obj.is_active and "is_active" in form.changed_data:
            reopen(account=obj)


def _rules(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


# Registered by the import above.
admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    filter_horizontal = ()
    formfield_overrides = BOXES  # type: ignore[assignment]
