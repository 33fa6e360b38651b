"""One page for each act on a person: the form, its consequence, a confirmation."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from privacy import restriction
from privacy.actions import people, protection
from privacy.admin import person_page
from privacy.admin.person_access import note, person_for, rendered
from privacy.admin.person_forms import ACTS, PersonAct, fits
from privacy.models import DataSubject

# What an action refuses → the sentence for it.
REFUSALS: dict[type[Exception], Any] = {
    people.NotThere: _("Cette personne n'est plus modifiable : rechargez sa page."),
    people.WrongState: _("Cette date ou cet état ne le permet pas : vérifiez la date."),
    protection.ReviewTooFar: _("La revue a lieu dans les douze mois, et pas dans le passé."),
    protection.NotOpen: _("Quelqu'un l'a déjà fait, ou la même protection existe déjà."),
    protection.NotTold: _("Avertissez d'abord la personne, puis notez-le (art. 18, § 3)."),
    protection.SamePerson: _("Une autre personne que celle qui propose doit approuver."),
}


def view(site: Any, request: HttpRequest, key: UUID, name: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    act = ACTS.get(name)
    if act is None:
        raise Http404
    if not request.user.has_perm(act.permission):
        raise PermissionDenied
    with transaction.atomic(), restriction.seeing():
        person = person_for(site, request, key)
        if not fits(name, person):
            messages.error(request, REFUSALS[people.WrongState])
            return redirect("admin:privacy_datasubject_change", person.pk)
        return _answer(site, request, act, person)


def _answer(site: Any, request: HttpRequest, act: PersonAct, person: Any) -> HttpResponse:
    row = _row(request) if act.of_row else None
    form = _form(act, request, person)
    if request.method == "POST" and form.is_valid() and _done(request, act, form, person, row):
        if act.key == "see":
            note(request, "person.restricted_seen", person, reason=form.cleaned_data["reason"])
            return person_page.whole(site, request, person, shows_data=True)
        messages.success(request, act.done)
        return redirect("admin:privacy_datasubject_change", person.pk)
    return rendered(
        site,
        request,
        "act.html",
        title=act.title,
        act=act,
        person=person,
        form=form,
        row=row,
        status=422 if form.is_bound else 200,
    )


def _done(request: HttpRequest, act: PersonAct, form: Any, person: Any, row: UUID | None) -> bool:
    try:
        # An action that refuses leaves nothing half done.
        with transaction.atomic():
            form.run(person=person.pk, row=row, by=request.user, now=datetime.now(UTC))
    except tuple(REFUSALS) as error:
        form.add_error(None, REFUSALS[type(error)])
        return False
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    return True


def _row(request: HttpRequest) -> UUID:
    """The hold, restriction or proposal that the act is about."""
    asked = (request.POST if request.method == "POST" else request.GET).get("row", "")
    try:
        return UUID(asked)
    except ValueError as error:
        raise Http404 from error


def _form(act: PersonAct, request: HttpRequest, person: Any) -> Any:
    data = request.POST if request.method == "POST" else None
    if act.key == "correct":
        # A row of its own: validation writes into it.
        return act.form(data, instance=DataSubject.objects.get(pk=person.pk))
    return act.form(data)
