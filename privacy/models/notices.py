"""Who is told of a change of the policy (TR-10, purpose v)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from privacy.models.marketing import CampaignDelivery
from privacy.models.person import DataSubject


class PolicyNotice(models.Model):
    """One letter about one published version to one person, at most once.

    The version is a number without a key into `consent`: what was published stays for ever anyway.
    """

    State = CampaignDelivery.State

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    publication = models.PositiveIntegerField(_("version"))
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="policy_notices",
        verbose_name=_("personne"),
    )
    state = models.CharField(
        _("état"),
        max_length=8,
        choices=CampaignDelivery.State,
        default=CampaignDelivery.State.PLANNED,
    )
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("avis de changement de la politique")
        verbose_name_plural = _("avis de changement de la politique")
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "person"], name="privacy_policynotice_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=CampaignDelivery.State.values),
                name="privacy_policynotice_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["publication", "state"], name="privacy_notice_by_state"),
            # All that the sending job looks at, however many were told before.
            models.Index(
                fields=["at"],
                name="privacy_notice_waiting",
                condition=models.Q(state__in=["planned", "sending"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication} {self.person_id}"
