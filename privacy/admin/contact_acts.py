"""What the buttons of a message's page do: read the form, call one action, say how it went."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from privacy.actions import contact
from privacy.models import ContactMessage, User
from privacy.models.contact import Outcome, Refiled

PERMISSION = "privacy.handle_contactmessage"
MOST_REPLY = 10_000


@dataclass
class Handling:
    """What was posted and did not work: it is shown again with what is wrong."""

    act: str = ""
    seen: str = ""
    problems: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


def handlers() -> QuerySet[User]:
    """Who may follow a message."""
    rights = {"groups__permissions__codename": PERMISSION.partition(".")[2]}
    return User.objects.filter(is_active=True, is_staff=True, **rights).distinct().order_by("email")


class _Wrong(Exception):
    """A sentence about what was posted."""


def perform(
    request: HttpRequest, message: ContactMessage, handling: Handling
) -> HttpResponse | None:
    """Do what was asked, and go back to the page; None when `handling` says what is wrong."""
    act = request.POST.get("act", "")
    try:
        if act not in ACTS:
            raise _Wrong(_("Cette demande n’est pas comprise."))
        done = ACTS[act](
            request,
            {
                "by": request.user,
                "message": message.pk,
                "seen": request.POST.get("seen", ""),
                "now": datetime.now(UTC),
            },
        )
    except contact.AlreadyClosed:
        messages.error(request, _("Rien n’a été fait : ce message est clos."))
    except contact.ChangedMeanwhile:
        handling.problems = [
            _(
                "Rien n’a été fait : le message a changé depuis que vous l’avez ouvert. "
                "Relisez-le ; ce que vous avez écrit est encore là."
            )
        ]
    except (_Wrong, *SENTENCES) as error:
        handling.problems = [str(error) if isinstance(error, _Wrong) else _sentence(error)]
    else:
        messages.success(request, done)
    if not handling.problems:
        return HttpResponseRedirect(request.path)
    handling.act = act
    handling.values = {key: value for key, value in request.POST.items() if isinstance(value, str)}
    return None


SENTENCES = (
    contact.ShortReason,
    contact.NamesPerson,
    contact.NoSuchPerson,
    contact.NotUnsettled,
    contact.TooEarly,
)


def _sentence(error: Exception) -> str:
    least = contact.LEAST_REASON
    return {
        contact.ShortReason: _("Un motif compte au moins {least} caractères.").format(least=least),
        contact.NamesPerson: _(
            "Le motif reste au journal : n’y mettez ni le nom, ni l’adresse, ni le numéro de la "
            "personne."
        ),
        contact.NoSuchPerson: _("Aucune personne n’a cette référence."),
        contact.NotUnsettled: _("Cette réponse est partie, ou attend encore son tour."),
        contact.TooEarly: _("Un motif n’est demandé qu’après 90 jours."),
    }[type(error)]


def _assign(request: HttpRequest, do: dict[str, Any]) -> str:
    wanted = request.POST.get("handler", "")
    handler = None
    if wanted:
        handler = handlers().filter(pk=wanted).first() if _is_key(wanted) else None
        if handler is None:
            raise _Wrong(_("Cette personne ne peut pas suivre un message."))
    contact.assign(handler=handler, **do)
    return _("Le suivi est enregistré.")


def _reply(request: HttpRequest, do: dict[str, Any]) -> str:
    body = request.POST.get("body", "").replace("\r\n", "\n").strip()
    if not body:
        raise _Wrong(_("Écrivez d’abord une réponse."))
    if len(body) > MOST_REPLY or "\x00" in body:
        raise _Wrong(
            _("La réponse compte {count} caractères ; le maximum est {most}.").format(
                count=len(body), most=MOST_REPLY
            )
        )
    contact.reply(body=body, **do)
    return _("La réponse part dans un instant.")


def _settle(request: HttpRequest, do: dict[str, Any]) -> str:
    reply = request.POST.get("reply", "")
    if not _is_key(reply):
        raise contact.NotUnsettled
    was_sent = request.POST.get("was_sent") == "yes"
    contact.settle_reply(reply=reply, was_sent=was_sent, **do)
    return _("La réponse est notée comme partie.") if was_sent else _("La réponse part à nouveau.")


def _answered(request: HttpRequest, do: dict[str, Any]) -> str:
    contact.note_answer(**do)
    return _("C’est noté : le message attend notre réponse.")


def _reason(request: HttpRequest, do: dict[str, Any]) -> str:
    contact.give_reason(reason=request.POST.get("reason", ""), **do)
    return _("Le motif est enregistré ; il vaut 30 jours.")


def _close(request: HttpRequest, do: dict[str, Any]) -> str:
    outcome = request.POST.get("outcome", "")
    if outcome not in contact.EXPLICIT:
        raise _Wrong(_("Dites comment le message se termine."))
    contact.close(outcome=Outcome(outcome), **do)
    return _("Le message est clos ; son contenu sera effacé dans les 24 heures.")


def _transfer(request: HttpRequest, do: dict[str, Any]) -> str:
    refiled = request.POST.get("refiled", "")
    if refiled not in [value for value in Refiled.values if value]:
        raise _Wrong(_("Dites où le message est repris."))
    complaint = contact.transfer(
        refiled=Refiled(refiled),
        reason=request.POST.get("reason", ""),
        person_reference=request.POST.get("person", ""),
        **do,
    )
    if complaint is not None:
        return _("La plainte {reference} est ouverte ; le message est clos.").format(
            reference=complaint.reference
        )
    return _("Le message est clos ; son contenu sera effacé dans les 24 heures.")


def _is_key(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


ACTS: dict[str, Callable[[HttpRequest, dict[str, Any]], str]] = {
    "assign": _assign,
    "reply": _reply,
    "settle": _settle,
    "answered": _answered,
    "reason": _reason,
    "close": _close,
    "transfer": _transfer,
}
