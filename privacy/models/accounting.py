"""Invoices: accounting documents, kept for whole fiscal years (PF-61, RT-02)."""

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func, Value
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from privacy import validation
from privacy.encryption import EncryptedField
from privacy.models.person import DataSubject


class FiscalYear(models.Model):
    """A year of the accounts; a long or a short one is a row like any other (CONFORMITY § 6.5)."""

    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))

    class Meta:
        verbose_name = _("exercice comptable")
        verbose_name_plural = _("exercices comptables")
        ordering = ("starts_on",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")),
                name="privacy_fiscalyear_ends_after_start",
                violation_error_message=_("L'exercice finit après avoir commencé."),
            ),
            ExclusionConstraint(
                name="privacy_fiscalyear_no_overlap",
                expressions=[
                    (
                        Func(
                            "starts_on",
                            "ends_on",
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                violation_error_message=_("Deux exercices se chevauchent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on.isoformat()} – {self.ends_on.isoformat()}"


class Invoice(models.Model):
    """What is printed on it stays as it was printed, whatever becomes of the person's row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("numéro"), max_length=30, unique=True)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DO_NOTHING,
        related_name="invoices",
        verbose_name=_("personne"),
    )
    issued_on = models.DateField(_("date"), db_index=True)
    name = models.CharField(_("nom"), max_length=200)
    address = models.TextField(_("adresse"), max_length=500)
    vat_number = models.CharField(
        _("numéro de TVA"), max_length=20, blank=True, validators=[validation.validate_vat]
    )
    iban = EncryptedField(
        _("numéro de compte (IBAN)"), blank=True, default="", validators=[validation.validate_iban]
    )
    net = models.DecimalField(_("total hors TVA"), max_digits=12, decimal_places=2)
    vat = models.DecimalField(_("TVA"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("facture")
        verbose_name_plural = _("factures")
        ordering = ("-issued_on", "-number")

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        return self.net + self.vat


class InvoiceLine(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.DB_CASCADE, related_name="lines", verbose_name=_("facture")
    )
    description = models.CharField(_("service"), max_length=300)
    quantity = models.DecimalField(
        _("quantité"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)]
    )
    unit_price = models.DecimalField(_("prix unitaire"), max_digits=12, decimal_places=2)
    vat_rate = models.DecimalField(_("taux de TVA (%)"), max_digits=4, decimal_places=1)

    class Meta:
        verbose_name = _("ligne de facture")
        verbose_name_plural = _("lignes de facture")

    def __str__(self) -> str:
        return self.description
