"""What arrived in the privacy inbox: that each mail was taken once, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from privacy.models.request import RightsRequest


class InboxMail(models.Model):
    """One mail. Hashes and an outcome; what it says stands in the request it became."""

    class Outcome(models.TextChoices):
        REQUEST = "request", _("demande à trier")
        HEARD = "heard", _("message d'une demande")
        BOUNCED = "bounced", _("lettre revenue")
        AUTOMATIC = "automatic", _("réponse automatique, ignorée")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # SHA-256 of the mail as it came.
    digest = models.CharField(_("empreinte"), max_length=64, unique=True)
    # SHA-256 of its Message-ID and what is below its head: the same mail by another way.
    content_digest = models.CharField(_("empreinte du contenu"), max_length=64, unique=True)
    arrived_at = models.DateTimeField(_("arrivé le"))
    taken_at = models.DateTimeField(_("importé le"))
    outcome = models.CharField(_("devenu"), max_length=10, choices=Outcome)
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_SET_NULL,
        null=True,
        related_name="mails",
        verbose_name=_("demande"),
    )
    # Somebody of the staff said so; the request and its files leave within 24 hours.
    no_request_at = models.DateTimeField(_("pas une demande, dit le"), null=True, editable=False)

    class Meta:
        verbose_name = _("e-mail de la boîte")
        verbose_name_plural = _("e-mails de la boîte")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["request", "heard", "bounced", "automatic"]),
                name="privacy_inboxmail_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.arrived_at:%Y-%m-%d}"
