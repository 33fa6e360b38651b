"""What of the log was sent out of the house: the newest seal of each day (CP-01)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import AnchorKind, AnchorOutcome
from consent.models.evidence import Evidence


class Anchor(Evidence):
    """One attempt. `file` is what `consent_log verify --anchor` takes; empty when it failed.

    `seal` is a number and no foreign key: an anchor outlives the loss of the seal that it names.
    """

    at = models.DateTimeField(_("le"), db_index=True)
    seal = models.PositiveBigIntegerField(_("sceau"))
    sha256 = models.CharField(_("empreinte du sceau"), max_length=64)
    kind = models.CharField(_("sorte"), max_length=10, choices=AnchorKind)
    destination = models.CharField(_("destination"), max_length=500)
    outcome = models.CharField(_("résultat"), max_length=10, choices=AnchorOutcome)
    problem = models.TextField(_("problème"), blank=True)
    file = models.JSONField(_("fichier"), default=dict)

    class Meta:
        verbose_name = _("ancre du journal")
        verbose_name_plural = _("ancres du journal")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AnchorKind.values), name="consent_anchor_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome=AnchorOutcome.SENT, problem="") & ~models.Q(file={})
                | models.Q(outcome=AnchorOutcome.FAILED, file={}) & ~models.Q(problem=""),
                name="consent_anchor_outcome_is_sent_or_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
