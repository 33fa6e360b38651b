"""Who got data of a person must hear that it was corrected, erased or restricted (art. 19)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.log.ids import uuid7
from consent.periods import local_day
from privacy import restriction
from privacy.models import Disclosure, RecipientTask, RequestEventKind, RightsRequest, User
from privacy.requests import timeline
from privacy.requests.moves import NotPossible, locked, note_act

WITHIN = timedelta(days=7)


def to_tell(
    request: RightsRequest, *, why: RecipientTask.Why, by: User, now: datetime
) -> list[str]:
    """A task for each recipient of the person's data; their names. Inside a transaction.

    Read from the register of disclosures, which goes with an erasure: call it before.
    """
    with restriction.seeing():
        found = list(
            Disclosure.objects.filter(person=request.person_id)
            .order_by("recipient", "recipient_name")
            .values_list("recipient", "recipient_name")
            .distinct()
        )
    if not found:
        return []
    RecipientTask.objects.bulk_create(
        [
            RecipientTask(
                id=uuid7(now),
                request=request,
                recipient=recipient,
                recipient_name=name,
                why=why,
                due_on=local_day(now + WITHIN),
            )
            for recipient, name in found
        ],
        ignore_conflicts=True,
    )
    timeline.record(
        request,
        RequestEventKind.RECIPIENT_TO_TELL,
        by=by.pk,
        now=now,
        details={"recipients": len(found), "why": str(why)},
    )
    return [name for _recipient, name in found]


class ToldForm(forms.Form):
    """`recipient` is the key of a task of this request: another request's is not among them."""

    recipient = forms.ChoiceField(label=gettext_lazy("Destinataire"))
    how = forms.CharField(
        label=gettext_lazy("Comment, et quand"),
        max_length=500,
        help_text=gettext_lazy("Par exemple : e-mail du 24 novembre, accusé reçu."),
    )

    def __init__(self, *args: Any, request: RightsRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["recipient"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [
            (str(task.pk), f"{task.recipient_name} – {task.get_why_display()}")
            for task in open_tasks(request)
        ]


@transaction.atomic
def told(
    *, request: RightsRequest, by: User, recipient: str, how: str, now: datetime
) -> RightsRequest:
    """Raises NotPossible when it was noted already."""
    request = locked(request)
    done = RecipientTask.objects.filter(pk=recipient, request=request, told_at__isnull=True).update(
        told_at=now, told_by=by.pk, how=how
    )
    if not done:
        raise NotPossible(_("Ce destinataire est déjà noté comme prévenu."))
    timeline.record(request, RequestEventKind.RECIPIENT_TOLD, by=by.pk, now=now, text=how)
    note_act(request, "request.recipient_told", by=by, now=now, task=recipient)
    return request


def open_tasks(request: RightsRequest) -> list[RecipientTask]:
    tasks = RecipientTask.objects.filter(request=request, told_at__isnull=True)
    return list(tasks.order_by("due_on", "pk"))


def has_open(request: RightsRequest) -> bool:
    return RecipientTask.objects.filter(request=request, told_at__isnull=True).exists()


def panel(*, asked: RightsRequest, who: User | None, now: datetime) -> dict[str, Any] | None:
    tasks = list(RecipientTask.objects.filter(request=asked).order_by("due_on", "pk"))
    if not tasks:
        return None
    today = local_day(now)
    return {
        "tasks": [
            {"task": task, "is_late": task.told_at is None and task.due_on < today}
            for task in tasks
        ]
    }
