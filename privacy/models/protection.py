"""What keeps data from being used, or from leaving: restrictions, legal holds; and who got it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from privacy.models.account import User
from privacy.models.person import DataSubject


class Ground(models.TextChoices):
    """GDPR art. 18(1)."""

    ACCURACY = "a", _("l'exactitude des données est contestée (a)")
    UNLAWFUL = "b", _("le traitement est illicite, la personne refuse l'effacement (b)")
    CLAIMS = "c", _("la personne en a besoin pour un droit en justice (c)")
    OBJECTION = "d", _("une opposition est à l'examen (d)")


# While these last nothing of the person is purged either (DR-14).
KEEPS_FROM_PURGE = (Ground.UNLAWFUL, Ground.CLAIMS)


class Restriction(models.Model):
    """The person's data is stored and nothing else, until they were told of the lift (DR-14)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="restrictions",
        verbose_name=_("personne"),
    )
    ground = models.CharField(_("motif"), max_length=1, choices=Ground)
    reason = models.TextField(_("explication"), max_length=2000)
    placed_at = models.DateTimeField(_("depuis le"))
    placed_by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("placée par"),
    )
    told_at = models.DateTimeField(_("personne avertie de la levée le"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("levée le"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("levée par"),
    )

    class Meta:
        verbose_name = _("limitation du traitement")
        verbose_name_plural = _("limitations du traitement")
        indexes = [
            models.Index(
                fields=["person"],
                name="privacy_restriction_open",
                condition=models.Q(lifted_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ground__in=Ground.values),
                name="privacy_restriction_ground_known",
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at__isnull=True)
                | models.Q(told_at__isnull=False, told_at__lte=models.F("lifted_at")),
                name="privacy_restriction_told_before_lift",
                violation_error_message=_(
                    "La personne doit être avertie avant que la limitation soit levée."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.ground}"


class LegalHold(models.Model):
    """What must not be destroyed, for a reason, until a day of review (RT-06)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="holds",
        verbose_name=_("personne"),
    )
    # One record ("privacy.invoice", its key) or, when empty, everything about the person.
    source = models.CharField(_("sorte de données"), max_length=60, blank=True)
    record = models.UUIDField(_("enregistrement"), null=True, blank=True)
    reason = models.TextField(_("motif"), max_length=2000)
    placed_at = models.DateTimeField(_("depuis le"))
    placed_by = models.ForeignKey(
        User, on_delete=models.DB_SET_NULL, null=True, related_name="+", verbose_name=_("auteur")
    )
    review_on = models.DateField(_("à revoir le"))
    released_at = models.DateTimeField(_("levé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("blocage de suppression")
        verbose_name_plural = _("blocages de suppression")
        permissions = [("release_legalhold", _("Peut lever un blocage de suppression"))]
        indexes = [
            models.Index(
                fields=["person"],
                name="privacy_hold_open",
                condition=models.Q(released_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="privacy_hold_has_reason"),
            models.CheckConstraint(
                condition=models.Q(record__isnull=True) | ~models.Q(source=""),
                name="privacy_hold_record_has_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.source}"


class Disclosure(models.Model):
    """To whom data of a person was given (PF-80 … 82): answers name these recipients (DR-09)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="disclosures",
        verbose_name=_("personne"),
    )
    # Keys of the register: a recipient, a purpose, categories of data.
    recipient = models.SlugField(_("catégorie de destinataire"))
    recipient_name = models.CharField(_("destinataire"), max_length=200)
    purpose = models.SlugField(_("finalité"))
    categories = models.JSONField(_("données transmises"), default=list)
    at = models.DateTimeField(_("le"))
    by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("transmis par"),
    )
    approved_by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approuvé par"),
    )
    # T-10: to a complaining third party only after the interests were weighed in writing.
    balancing = models.TextField(_("mise en balance"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("transmission à un destinataire")
        verbose_name_plural = _("transmissions aux destinataires")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(recipient="third_party_complainant")
                | (~models.Q(balancing="") & models.Q(approved_by__isnull=False)),
                name="privacy_disclosure_complainant_weighed",
                violation_error_message=_(
                    "Transmettre à un tiers plaignant demande une mise en balance écrite et un "
                    "second accord."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.recipient}"


class DisclosureProposal(models.Model):
    """What one manager weighed and a second has yet to approve; then it becomes a Disclosure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="disclosure_proposals",
        verbose_name=_("personne"),
    )
    recipient_name = models.CharField(_("destinataire"), max_length=200)
    purpose = models.SlugField(_("finalité"))
    categories = models.JSONField(_("données à transmettre"), default=list)
    balancing = models.TextField(_("mise en balance"), max_length=4000)
    proposed_at = models.DateTimeField(_("proposée le"))
    proposed_by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("proposée par"),
    )

    class Meta:
        verbose_name = _("transmission à approuver")
        verbose_name_plural = _("transmissions à approuver")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(balancing=""), name="privacy_disclosureproposal_weighed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.proposed_at:%Y-%m-%d}"
