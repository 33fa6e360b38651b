"""The queue of contact messages, and the page of one with all that staff may do with it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clicknconnect.dashboard import Panel, ToDo, panel, to_do
from consent.admin.base import ReadOnlyAdmin
from consent.models import Act
from privacy import contact_clock as clock
from privacy.actions.contact import LEAST_REASON, seen_of
from privacy.admin.contact_acts import PERMISSION, Handling, handlers, perform
from privacy.admin.contact_filters import AlertFilter, StateFilter
from privacy.contact_life import life_of, with_life
from privacy.contact_queue import Alert, alerts_of, counts
from privacy.models import ContactMessage, DataSubject
from privacy.models.contact import Refiled, Topic

SCREEN = "admin:privacy_contactmessage_changelist"
MOST_SUGGESTED = 5


def mark(kind: str, words: str) -> SafeString:
    """Words with a sign and a colour: neither is alone."""
    return format_html('<span class="state-{}">{}</span>', kind, words)


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnlyAdmin):
    change_list_template = "admin/privacy/contact_list.html"
    list_display = ("reference", "subject", "state", "age", "alerts", "followed_by")
    list_filter = (StateFilter, AlertFilter, "topic", "language")
    list_select_related = ("handler",)
    search_fields = ("reference", "name", "email")
    search_help_text = gettext_lazy("Référence, nom ou adresse e-mail")
    # What is open first, the oldest before the others.
    ordering = (F("closed_at").desc(nulls_first=True), "received_at")
    sortable_by = ()
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return with_life(ContactMessage.objects.all())  # type: ignore[return-value]

    @admin.display(description=gettext_lazy("sujet"))
    def subject(self, obj: ContactMessage) -> str:
        return topic_words(obj)

    @admin.display(description=gettext_lazy("état"))
    def state(self, obj: ContactMessage) -> SafeString:
        return state_words(obj, datetime.now(UTC))

    @admin.display(description=gettext_lazy("reçu"))
    def age(self, obj: ContactMessage) -> str:
        return age_words(obj, datetime.now(UTC))

    @admin.display(description=gettext_lazy("à faire"))
    def alerts(self, obj: ContactMessage) -> SafeString | str:
        found = alerts_of(life_of(obj), datetime.now(UTC))
        return format_html("{}", mark("bad", _words(found[0]))) if found else "—"

    @admin.display(description=gettext_lazy("suivi par"))
    def followed_by(self, obj: ContactMessage) -> str:
        return str(obj.handler) if obj.handler else "—"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        message: Any = self.get_object(request, object_id)
        if not self.has_view_permission(request, message):
            raise PermissionDenied
        if message is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        handling = Handling()
        if request.method == "POST":
            if not request.user.has_perm(PERMISSION):
                raise PermissionDenied
            answer = perform(request, message, handling)
            if answer is not None:
                return answer
        context = self._page(request, message, handling)
        template = "admin/privacy/contact_message.html"
        status = 422 if handling.problems else 200
        return TemplateResponse(request, template, context, status=status)

    def _page(
        self, request: HttpRequest, message: ContactMessage, handling: Handling
    ) -> dict[str, Any]:
        now, life = datetime.now(UTC), life_of(message)
        is_open = not message.outcome and not clock.is_closed(life, now)
        may = is_open and request.user.has_perm(PERMISSION)
        return {
            **self.admin_site.each_context(request),
            "title": _("Message {reference}").format(reference=message.reference),
            "opts": self.opts,
            "message": message,
            "topic": topic_words(message),
            "state": state_words(message, now),
            "age": age_words(message, now),
            "alerts": [_words(alert) for alert in alerts_of(life, now)],
            "silence_at": clock.silence_at(life) if is_open else None,
            "is_open": is_open,
            "may": may,
            "may_settle": not message.purged_at and request.user.has_perm(PERMISSION),
            "may_give_reason": may and clock.may_give_reason(life, now),
            "replies": message.replies.select_related("author").order_by("pk"),
            "reasons": message.reasons.select_related("author").order_by("given_at"),
            "handlers": handlers() if may else [],
            "refilings": [choice for choice in Refiled.choices if choice[0]],
            "suggested": _same_address(message) if may else [],
            "least_reason": LEAST_REASON,
            "seen": handling.seen or seen_of(message),
            "handling": handling,
            "acts": Act.objects.filter(
                target=f"privacy.contactmessage:{message.pk}", act__startswith="contact."
            ).count(),
        }


def _same_address(message: ContactMessage) -> list[DataSubject]:
    """People who have the address; staff decide whether one of them wrote."""
    if message.person_id is not None or not message.email:
        return []
    found = DataSubject.objects.filter(email=message.email.lower(), anonymised_at=None)
    return list(found.order_by("pk")[:MOST_SUGGESTED])


def topic_words(message: ContactMessage) -> str:
    return str(dict(Topic.choices).get(message.topic, message.topic)) or "—"


def state_words(message: ContactMessage, now: datetime) -> SafeString:
    if message.purged_at:
        return mark("good", _("close, contenu effacé"))
    if message.outcome:
        return mark("good", _("close : {outcome}").format(outcome=message.get_outcome_display()))
    life = life_of(message)
    if clock.is_closed(life, now):
        return mark("good", _("close : {outcome}").format(outcome=_("restée sans réponse")))
    if life.is_reply_unsettled:
        return mark("bad", _("une réponse n’est pas partie pour sûr"))
    if clock.silence_at(life):
        return mark("open", _("attend la personne"))
    return mark("open", _("attend notre réponse"))


def age_words(message: ContactMessage, now: datetime) -> str:
    days = clock.days_open(life_of(message), now)
    day = date_format(localtime(message.received_at), "j F Y")
    if message.outcome:
        return day
    return ngettext("{day}, il y a {count} jour", "{day}, il y a {count} jours", days).format(
        day=day, count=days
    )


def _words(alert: Alert) -> str:
    return {
        Alert.REASON: _("motif écrit à donner : ouvert depuis plus de 90 jours"),
        Alert.REPLY: _("réponse à vérifier"),
        Alert.IDLE: _("sans suite de notre part depuis 60 jours"),
    }[alert]


@panel
def contact_panel(request: HttpRequest, now: datetime) -> Panel | None:
    """One query, shared with the lines."""
    if not request.user.has_perm("privacy.view_contactmessage"):
        return None
    return Panel(
        title=_("Messages de contact"),
        template="admin/privacy/_contact_panel.html",
        context={"counts": _counts(request, now), "url": reverse(SCREEN)},
        order=40,
    )


@to_do
def contact_lines(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    if not request.user.has_perm("privacy.view_contactmessage"):
        return
    found, url = _counts(request, now), reverse(SCREEN)
    if found.late:
        text = ngettext(
            "{count} message de contact clos n’est pas encore effacé après 24 heures.",
            "{count} messages de contact clos ne sont pas encore effacés après 24 heures.",
            found.late,
        )
        yield ToDo(text=text.format(count=found.late), url=f"{url}?etat=clos", is_urgent=True)
    if found.replies:
        text = ngettext(
            "{count} réponse à un message de contact n’est pas partie pour sûr.",
            "{count} réponses à des messages de contact ne sont pas parties pour sûr.",
            found.replies,
        )
        yield ToDo(text=text.format(count=found.replies), url=f"{url}?alerte=reply", is_urgent=True)
    if found.reasons:
        text = ngettext(
            "{count} message de contact, ouvert depuis plus de 90 jours, attend un motif écrit.",
            "{count} messages de contact, ouverts depuis plus de 90 jours, attendent un motif "
            "écrit.",
            found.reasons,
        )
        yield ToDo(text=text.format(count=found.reasons), url=f"{url}?alerte=reason")
    if found.idle:
        text = ngettext(
            "{count} message de contact est sans suite depuis 60 jours.",
            "{count} messages de contact sont sans suite depuis 60 jours.",
            found.idle,
        )
        yield ToDo(text=text.format(count=found.idle), url=f"{url}?alerte=idle")
    if found.new:
        text = ngettext(
            "{count} message de contact attend notre réponse.",
            "{count} messages de contact attendent notre réponse.",
            found.new,
        )
        yield ToDo(text=text.format(count=found.new), url=url)


def _counts(request: HttpRequest, now: datetime) -> Any:
    found = getattr(request, "_contact_counts", None)
    if found is None:
        found = request._contact_counts = counts(now)  # type: ignore[attr-defined]
    return found
