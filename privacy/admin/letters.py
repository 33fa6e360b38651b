"""The words of letters: what is in force, and a page to write the next version of each."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.admin.base import ReadOnlyAdmin
from consent.difference import line_changes
from privacy.models import LetterKey, LetterTemplate, User
from privacy.requests import letter_example, letter_words

EDIT = "privacy.edit_lettertemplate"


class WordsForm(forms.Form):
    subject = forms.CharField(
        label=gettext_lazy("Objet"),
        max_length=150,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    body = forms.CharField(
        label=gettext_lazy("Texte"), max_length=10000, widget=forms.Textarea(attrs={"rows": 12})
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        body = data.get("body", "").replace("\r\n", "\n")
        data["body"] = body
        if not self.errors and (problem := letter_words.problem_of(data["subject"], body)):
            raise forms.ValidationError(problem)
        return data


@admin.register(LetterTemplate)
class LetterTemplateAdmin(ReadOnlyAdmin):
    """Versions name nobody."""

    personal = False
    list_display = ("key", "language", "version", "made_at")
    list_filter = ("key", "language")
    ordering = ("key", "language", "-version")
    change_list_template = "requests_staff/letters.html"

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "write/<str:key>/<str:language>/",
                wrap(self.write_view),
                name="privacy_lettertemplate_write",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        letters = [
            {
                "label": key.label,
                "pages": [
                    (name, reverse("admin:privacy_lettertemplate_write", args=[key, code]))
                    for code, name in settings.LANGUAGES
                ],
            }
            for key in LetterKey
        ]
        extra = {"letters": letters, "title": _("Lettres types"), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def write_view(self, request: HttpRequest, key: str, language: str) -> HttpResponse:
        return _write(self, request, key, language)


def _write(
    screen: LetterTemplateAdmin, request: HttpRequest, key: str, language: str
) -> HttpResponse:
    who = request.user
    assert isinstance(who, User)
    if not screen.has_view_permission(request):
        raise PermissionDenied
    if key not in LetterKey.values or language not in dict(settings.LANGUAGES):
        raise Http404
    now_used, may_edit = letter_words.newest(LetterKey(key), language), who.has_perm(EDIT)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    initial = {
        "subject": now_used.subject, "body": now_used.body, "seen": now_used.version,
    }  # fmt: skip
    form = WordsForm(request.POST) if request.method == "POST" else WordsForm(initial=initial)
    preview = None
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        if "save" in request.POST:
            try:
                letter_words.keep(
                    key=LetterKey(key), language=language, by=who, now=datetime.now(UTC), **data
                )
            except letter_words.NotWritten as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Cette version sert dès maintenant."))
                return HttpResponseRedirect(request.path)
        shown = letter_example.example(
            LetterKey(key), language, subject=data["subject"], body=data["body"]
        )
        preview = {
            "subject": shown[0],
            "body": shown[1],
            "difference": line_changes(
                _lines(now_used.subject, now_used.body), _lines(data["subject"], data["body"])
            ),
        }
    context = {
        **screen.admin_site.each_context(request),
        "title": f"{LetterKey(key).label} ({language})",
        "opts": screen.opts,
        "form": form,
        "may_edit": may_edit,
        "language": language,
        "preview": preview,
        "variables": list(letter_words.VARIABLES.items()),
        "version": now_used.version,
        "versions": LetterTemplate.objects.filter(key=key, language=language).order_by("-version"),
    }
    status = 422 if form.errors else 200
    return render(request, "requests_staff/letter.html", context, status=status)


def _lines(subject: str, body: str) -> list[str]:
    return [line for line in (subject, *body.split("\n")) if line.strip()]
