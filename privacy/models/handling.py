"""What handling a request leaves: acts that wait for a second person, recipients to tell, values
that a person wants corrected."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from privacy.encryption import EncryptedField
from privacy.models.request import RightsRequest


class Approval(models.Model):
    """An act that one member of staff proposed and another approves: two people, by constraint.

    Who they are is written as keys, as in the timeline: it stays when a colleague leaves. What was
    proposed never changes (a trigger), so what is approved is what was proposed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("attend une seconde personne")
        APPROVED = "approved", _("approuvé, en cours")
        DONE = "done", _("fait")
        DECLINED = "declined", _("écarté")
        DROPPED = "dropped", _("abandonné : les données ont changé")

    # While one of these stands nothing else can be proposed for the request.
    STANDING = (State.WAITING, State.APPROVED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        related_name="approvals",
        verbose_name=_("demande"),
    )
    act = models.SlugField(_("acte"), max_length=30)
    # What the act needs: grounds, reasons, keys of rows.
    data = models.JSONField(_("détails"), default=dict)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.WAITING)
    proposed_by = models.UUIDField(_("proposé par"))
    proposed_at = models.DateTimeField(_("proposé le"))
    decided_by = models.UUIDField(_("décidé par"), null=True)
    decided_at = models.DateTimeField(_("décidé le"), null=True)

    class Meta:
        verbose_name = _("acte à approuver")
        verbose_name_plural = _("actes à approuver")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["waiting", "approved", "done", "declined", "dropped"]
                ),
                name="privacy_approval_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state="waiting", decided_by__isnull=True, decided_at__isnull=True
                )
                | ~models.Q(state="waiting")
                & models.Q(decided_by__isnull=False, decided_at__isnull=False),
                name="privacy_approval_decided_by_somebody",
            ),
            # Whoever proposed may take it back, never approve it.
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "declined"])
                | ~models.Q(decided_by=models.F("proposed_by")),
                name="privacy_approval_two_people",
                violation_error_message=_("Une autre personne doit donner le second accord."),
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(state__in=["waiting", "approved"]),
                name="privacy_approval_one_at_a_time",
                violation_error_message=_("Un acte attend déjà un second accord."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.proposed_at:%Y-%m-%d}"


class RecipientTask(models.Model):
    """Somebody who got data of the person, and must hear of what changed (GDPR art. 19)."""

    class Why(models.TextChoices):
        ERASURE = "erasure", _("effacement")
        RECTIFICATION = "rectification", _("correction")
        RESTRICTION = "restriction", _("limitation")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        related_name="recipient_tasks",
        verbose_name=_("demande"),
    )
    # A key of the register, and who it is.
    recipient = models.SlugField(_("catégorie de destinataire"))
    recipient_name = models.CharField(_("destinataire"), max_length=200)
    why = models.CharField(_("à prévenir de"), max_length=13, choices=Why)
    due_on = models.DateField(_("à prévenir avant le"))
    told_at = models.DateTimeField(_("prévenu le"), null=True)
    told_by = models.UUIDField(_("prévenu par"), null=True)
    how = models.CharField(_("comment"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("destinataire à prévenir")
        verbose_name_plural = _("destinataires à prévenir")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(why__in=["erasure", "rectification", "restriction"]),
                name="privacy_recipienttask_why_known",
            ),
            models.CheckConstraint(
                condition=models.Q(told_at__isnull=True, told_by__isnull=True, how="")
                | models.Q(told_at__isnull=False, told_by__isnull=False) & ~models.Q(how=""),
                name="privacy_recipienttask_told_somehow",
                violation_error_message=_("Dites comment le destinataire a été prévenu."),
            ),
            # What changed twice before somebody told is told once.
            models.UniqueConstraint(
                fields=["request", "recipient", "recipient_name", "why"],
                condition=models.Q(told_at__isnull=True),
                name="privacy_recipienttask_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.why} {self.due_on:%Y-%m-%d}"


class Correction(models.Model):
    """A value that the person wants corrected, beside the old one; the history once decided.

    Both are encrypted: some are, where they stand (the IBAN). Goes with the person.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("à examiner")
        ACCEPTED = "accepted", _("acceptée")
        REFUSED = "refused", _("refusée")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        related_name="corrections",
        verbose_name=_("demande"),
    )
    field = models.SlugField(_("donnée"), max_length=30)
    old = EncryptedField(_("ancienne valeur"), blank=True, default="")
    new = EncryptedField(_("valeur proposée"), blank=True, default="")
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.PROPOSED)
    proposed_at = models.DateTimeField(_("proposée le"))
    decided_at = models.DateTimeField(_("décidée le"), null=True)
    decided_by = models.UUIDField(_("décidée par"), null=True)
    reason = models.TextField(_("motif"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("correction demandée")
        verbose_name_plural = _("corrections demandées")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["proposed", "accepted", "refused"]),
                name="privacy_correction_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed", decided_at__isnull=True)
                | ~models.Q(state="proposed")
                & models.Q(decided_at__isnull=False, decided_by__isnull=False)
                & ~models.Q(reason=""),
                name="privacy_correction_decided_with_reason",
                violation_error_message=_("Une décision sur une correction a un motif."),
            ),
            models.UniqueConstraint(
                fields=["request", "field"],
                condition=models.Q(state="proposed"),
                name="privacy_correction_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.state}"
