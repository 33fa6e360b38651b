"""What an erasure is: a plan, the batches that carry it out, and the evidence that stays of it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from consent.models.evidence import Evidence
from privacy.models.account import User
from privacy.models.person import DataSubject


class ErasureEvidence(Evidence):
    """How many rows of one table went, of one person, in one run. It names nobody.

    `pseudonym` is random for each person and run; who it was stands in Pseudonym, until the person
    is gone. NULL: rows that led to no person.
    """

    run = models.UUIDField(_("exécution"), db_index=True)
    pseudonym = models.UUIDField(_("pseudonyme"), null=True)
    source = models.CharField(_("sorte de données"), max_length=60)
    rows = models.PositiveIntegerField(_("lignes"))
    action = models.CharField(_("action"), max_length=10)
    rule = models.CharField(_("règle"), max_length=60)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("preuve d'effacement")
        verbose_name_plural = _("preuves d'effacement")

    def __str__(self) -> str:
        return f"{self.source} {self.action} {self.rows}"


class Pseudonym(models.Model):
    """Who a pseudonym of the evidence is; it leaves with the person."""

    pseudonym = models.UUIDField(primary_key=True, default=uuid.uuid4)
    run = models.UUIDField()
    person = models.ForeignKey(
        DataSubject, on_delete=models.DB_CASCADE, related_name="+", verbose_name=_("personne")
    )

    class Meta:
        verbose_name = _("pseudonyme")
        verbose_name_plural = _("pseudonymes")
        constraints = [
            models.UniqueConstraint(fields=["person", "run"], name="privacy_pseudonym_once_a_run")
        ]

    def __str__(self) -> str:
        return str(self.pseudonym)


class ErasureBatch(models.Model):
    """Up to 500 people whom one transaction erases.

    Written before the journal's entries, `done_at` in the transaction of the deed. So a batch
    without it was interrupted; one that only the journal knows was lost by restoring a backup.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.UUIDField(_("exécution"), db_index=True)
    rule = models.CharField(_("règle"), max_length=60)
    started_at = models.DateTimeField(_("commencé le"))
    done_at = models.DateTimeField(_("terminé le"), null=True)
    # Of its last entry in the journal: a journal that ends before it has lost something.
    sequence = models.BigIntegerField(_("numéro au journal"), null=True)

    class Meta:
        verbose_name = _("lot d'effacement")
        verbose_name_plural = _("lots d'effacement")
        indexes = [
            models.Index(
                fields=["started_at"],
                name="privacy_batch_interrupted",
                condition=models.Q(done_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.started_at:%Y-%m-%d}"


class ErasurePlan(models.Model):
    """What is to be erased, written down from one snapshot before anything changes.

    The preview is the plan; the approval is of its fingerprint; execution refuses when the rows
    are others by then.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("à approuver")
        APPROVED = "approved", _("approuvé")
        EXECUTING = "executing", _("en cours")
        EXECUTED = "executed", _("exécuté")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("sorte"), max_length=20)
    rule = models.CharField(_("règle"), max_length=60)
    as_of = models.DateTimeField(_("état au"))
    # {"privacy.invoice": 3}: rows that go, by source.
    counts = models.JSONField(_("lignes"), default=dict)
    fingerprint = models.CharField(_("empreinte"), max_length=64)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.PLANNED)
    approved_by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approuvé par"),
    )
    approved_at = models.DateTimeField(_("approuvé le"), null=True)
    executed_at = models.DateTimeField(_("exécuté le"), null=True)

    class Meta:
        verbose_name = _("plan d'effacement")
        verbose_name_plural = _("plans d'effacement")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "approved", "executing", "executed"]),
                name="privacy_plan_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="planned", approved_at__isnull=True)
                | ~models.Q(state="planned") & models.Q(approved_at__isnull=False),
                name="privacy_plan_approved_before_deed",
            ),
            models.CheckConstraint(
                condition=models.Q(state="executed", executed_at__isnull=False)
                | ~models.Q(state="executed") & models.Q(executed_at__isnull=True),
                name="privacy_plan_executed_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.as_of:%Y-%m-%d}"


class PlannedPerson(models.Model):
    """One person of a plan, and how far it has come with them; it leaves with the person."""

    class Outcome(models.TextChoices):
        WAITING = "", "—"
        ERASED = "erased", _("effacé")
        KEPT = "kept", _("gardé")

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(
        ErasurePlan, on_delete=models.DB_CASCADE, related_name="people", verbose_name=_("plan")
    )
    person = models.ForeignKey(
        DataSubject, on_delete=models.DB_CASCADE, related_name="+", verbose_name=_("personne")
    )
    # Of the keys of their rows, when the plan was made.
    fingerprint = models.CharField(_("empreinte"), max_length=64)
    outcome = models.CharField(
        _("issue"), max_length=6, choices=Outcome, default=Outcome.WAITING, blank=True
    )

    class Meta:
        verbose_name = _("personne d'un plan")
        verbose_name_plural = _("personnes d'un plan")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["", "erased", "kept"]),
                name="privacy_plannedperson_outcome_known",
            ),
            models.UniqueConstraint(fields=["plan", "person"], name="privacy_plannedperson_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.outcome}"
