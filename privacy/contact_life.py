"""The life of a stored message, for the clock of contact_clock."""

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery

from privacy.actions.contact_purge import UNSETTLED
from privacy.contact_clock import Life
from privacy.models import ContactMessage, ContactReason, ContactReply


def with_life(messages: QuerySet[ContactMessage]) -> QuerySet[ContactMessage]:
    """The same rows with what `life_of` would have to ask for each one."""
    reasons = ContactReason.objects.filter(message=OuterRef("pk")).values("message")
    return messages.annotate(
        reasoned_at=Subquery(reasons.annotate(last=Max("given_at")).values("last")),
        is_reply_unsettled=Exists(
            ContactReply.objects.filter(message=OuterRef("pk"), state__in=UNSETTLED)
        ),
    )


def life_of(message: ContactMessage) -> Life:
    """One query for a row that does not come from `with_life`."""
    if not hasattr(message, "is_reply_unsettled"):
        asked = with_life(ContactMessage.objects.filter(pk=message.pk)).get()
        reasoned, unsettled = asked.reasoned_at, asked.is_reply_unsettled  # type: ignore[attr-defined]
    else:
        reasoned, unsettled = message.reasoned_at, message.is_reply_unsettled  # type: ignore[attr-defined]
    return Life(
        received_at=message.received_at,
        acted_at=message.last_staff_act_at,
        replied_at=message.last_reply_at,
        answered_at=message.last_answer_at,
        reasoned_at=reasoned,
        closed_at=message.closed_at,
        is_reply_unsettled=unsettled,
    )
