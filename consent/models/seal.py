"""The sealed log: a signed chain over the records, and which record is where in it (CP-01)."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import SealKind
from consent.log import chain
from consent.models.evidence import Evidence


class Seal(Evidence):
    """One link. The database refuses a number that does not follow, and another one before it.

    records: one batch of one month's partition; `root` is its Merkle root.
    departure: a month that left by retention; `root` is over the roots of its seals.
    key: the key that signs from here on; `details` names every key so far, the new one first.
    """

    number = models.PositiveBigIntegerField(_("numéro"), primary_key=True)
    kind = models.CharField(_("sorte"), max_length=12, choices=SealKind)
    month = models.CharField(_("mois (UTC)"), max_length=6, blank=True, db_index=True)
    count = models.PositiveBigIntegerField(_("preuves"))
    first = models.UUIDField(_("première"), null=True)
    last = models.UUIDField(_("dernière"), null=True)
    root = models.CharField(_("racine"), max_length=64)
    details = models.JSONField(_("détails"), default=dict)
    previous = models.CharField(_("empreinte du sceau précédent"), max_length=64, unique=True)
    sealed_at = models.DateTimeField(_("scellé le"))
    key_id = models.CharField(_("clé"), max_length=40)
    public_key = models.CharField(_("clé publique"), max_length=44)
    hash = models.CharField(_("empreinte"), max_length=64)
    signature = models.CharField(_("signature"), max_length=88)

    class Meta:
        verbose_name = _("sceau")
        verbose_name_plural = _("sceaux")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=SealKind.values), name="consent_seal_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=SealKind.KEY, month="", count=0)
                | ~models.Q(kind=SealKind.KEY) & ~models.Q(month="") & models.Q(count__gte=1),
                name="consent_seal_kind_has_its_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    def statement(self) -> dict[str, Any]:
        """The portable, signed statement: {"statement", "hash", "signature"} (docs/proof.md)."""
        return chain.portable(chain.statement_of(self), self.signature)


class Sealed(Evidence):
    """In which seal a record is, and where; the key makes a second seal impossible.

    Made by hand (migration 0004), partitioned like the records themselves.
    """

    record = models.UUIDField(_("preuve"), primary_key=True)
    seal = models.PositiveBigIntegerField(_("sceau"))
    position = models.PositiveIntegerField(_("position"))
    leaf = models.BinaryField(_("empreinte"), max_length=32)

    class Meta:
        verbose_name = _("preuve scellée")
        verbose_name_plural = _("preuves scellées")
        managed = False
        db_table = "consent_sealed"

    def __str__(self) -> str:
        return str(self.record)


class Verification(Evidence):
    """What one verification of the whole log found; `problem` names the first thing amiss."""

    at = models.DateTimeField(_("le"), db_index=True)
    ok = models.BooleanField(_("intact"))
    seals = models.PositiveBigIntegerField(_("sceaux"))
    records = models.PositiveBigIntegerField(_("preuves"))
    problem = models.TextField(_("problème"), blank=True)
    seconds = models.FloatField(_("durée en secondes"))

    class Meta:
        verbose_name = _("vérification du journal")
        verbose_name_plural = _("vérifications du journal")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
