"""What retention did, without a word about whom; and what a person agreed to let go (T-18)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from consent.models.evidence import Evidence


class RetentionRun(Evidence):
    """One batch of one rule, written in the transaction that erased it (RT-07).

    `hash` is the SHA-256 of the other fields as canonical JSON. No name, no key of a person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.UUIDField(_("passage"), db_index=True)
    rule = models.SlugField(_("règle"))
    at = models.DateTimeField(_("le"), db_index=True)
    as_of = models.DateField(_("échus au"))
    counts = models.JSONField(_("effacés"), default=dict)
    # The row that ends a rule's passage; it repeats the sum of its batches.
    is_total = models.BooleanField(_("total"), default=False)
    publication = models.PositiveIntegerField(_("version du registre"))
    publication_sha256 = models.CharField(_("empreinte du registre"), max_length=64)
    declarations_sha256 = models.CharField(_("empreinte des déclarations"), max_length=64)
    milliseconds = models.PositiveIntegerField(_("durée (ms)"))
    hash = models.CharField(_("empreinte"), max_length=64)

    class Meta:
        verbose_name = _("passage de la conservation")
        verbose_name_plural = _("passages de la conservation")

    def __str__(self) -> str:
        return f"{self.rule} {self.as_of.isoformat()}"


class AccountingApproval(models.Model):
    """A batch of accounting documents whose years are over: destroyed only once a person agreed.

    `fingerprint` is over the documents' keys, which are rows of ApprovedDocument. The database
    keeps what was proposed and decided from being changed, and refuses to delete any invoice that
    is in no approved batch.
    """

    DATABASE_GRANTS = ("SELECT", "INSERT", "UPDATE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    proposed_at = models.DateTimeField(_("proposé le"), editable=False)
    as_of = models.DateField(_("échus au"), editable=False)
    issued_until = models.DateField(_("documents jusqu’au"), editable=False)
    count = models.PositiveIntegerField(_("documents"), editable=False)
    fingerprint = models.CharField(_("empreinte (SHA-256)"), max_length=64, editable=False)
    publication = models.PositiveIntegerField(_("version du registre"), editable=False)
    approved_at = models.DateTimeField(_("approuvé le"), null=True, editable=False)
    # Keys of members of staff, not links: who decided outlives their account.
    approved_by = models.UUIDField(_("approuvé par"), null=True, editable=False)
    refused_at = models.DateTimeField(_("refusé le"), null=True, editable=False)
    refused_by = models.UUIDField(_("refusé par"), null=True, editable=False)
    # Also why the run refused it: what it holds has changed.
    refused_because = models.CharField(_("motif"), max_length=500, blank=True, editable=False)
    executed_at = models.DateTimeField(_("détruit le"), null=True, editable=False)

    class Meta:
        verbose_name = _("destruction de documents comptables")
        verbose_name_plural = _("destructions de documents comptables")
        permissions = [
            (
                "decide_accountingapproval",
                _("Peut approuver la destruction de documents comptables"),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(count__gte=1), name="privacy_approval_holds_something"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_at__isnull=True, approved_by__isnull=True)
                | models.Q(approved_at__isnull=False, approved_by__isnull=False),
                name="privacy_approval_has_a_person",
                violation_error_message=_("Une destruction est approuvée par une personne."),
            ),
            models.CheckConstraint(
                condition=models.Q(refused_at__isnull=True, refused_by__isnull=True)
                | models.Q(refused_at__isnull=False) & ~models.Q(refused_because=""),
                name="privacy_approval_refusal_has_reason",
                violation_error_message=_("Un refus a un motif."),
            ),
            models.CheckConstraint(
                condition=models.Q(executed_at__isnull=True)
                | models.Q(approved_at__isnull=False, refused_at__isnull=True),
                name="privacy_approval_executed_was_approved",
            ),
            models.UniqueConstraint(
                models.F("fingerprint"),
                condition=models.Q(
                    approved_at__isnull=True, refused_at__isnull=True, executed_at__isnull=True
                ),
                name="privacy_approval_proposed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of.isoformat()} ({self.count})"


class ApprovedDocument(models.Model):
    """Which invoices a batch holds, by key: the row stays when the invoice has gone."""

    DATABASE_GRANTS = ("SELECT", "INSERT")

    id = models.BigAutoField(primary_key=True)
    approval = models.ForeignKey(
        AccountingApproval,
        on_delete=models.DO_NOTHING,
        related_name="documents",
        verbose_name=_("destruction"),
    )
    invoice = models.UUIDField(_("facture"), db_index=True)

    class Meta:
        verbose_name = _("document d’une destruction")
        verbose_name_plural = _("documents d’une destruction")
        constraints = [
            models.UniqueConstraint(
                fields=["approval", "invoice"], name="privacy_approveddocument_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.invoice)
