"""The proof of each choice: append-only, partitioned by month on its key (CP-01 … CP-08)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES, Event, Preset, Source
from consent.models.evidence import Evidence


class Record(Evidence):
    """One decision. No IP, no browser name, no address; a refusal carries nothing of the person.

    The table is made by hand (migration 0002): PARTITION BY RANGE (id), where `id` is a UUIDv7
    whose first 48 bits are the milliseconds of `recorded_at`. Numbers and hashes point to the
    notice and the revision; evidence has no foreign keys.
    """

    id = models.UUIDField(primary_key=True)
    recorded_at = models.DateTimeField(_("enregistré le"))
    event = models.CharField(_("décision"), max_length=12, choices=Event)
    categories = models.JSONField(_("catégories acceptées"))
    notice = models.PositiveIntegerField(_("notice"))
    publication = models.PositiveIntegerField(_("version de la politique"))
    revision = models.CharField(_("révision"), max_length=64)
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES]
    )
    preset = models.CharField(_("préréglage"), max_length=20, choices=Preset)
    source = models.CharField(_("endroit"), max_length=12, choices=Source)
    gpc = models.BooleanField(_("signal GPC"))
    decided_on = models.DateField(_("choisi le"))
    expires_on = models.DateField(_("valable jusqu'au"))
    previous = models.UUIDField(_("remplace ou retire"), null=True)

    class Meta:
        verbose_name = _("preuve de choix")
        verbose_name_plural = _("preuves de choix")
        permissions = [("export_record", _("Peut exporter le journal des choix"))]
        managed = False
        db_table = "consent_record"

    def __str__(self) -> str:
        return str(self.id)


class Ended(Evidence):
    """An acceptance ends by itself once: written in the statement that writes its record."""

    acceptance = models.UUIDField(_("accord"), primary_key=True)
    record = models.UUIDField(_("preuve de sa fin"), unique=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("accord terminé")
        verbose_name_plural = _("accords terminés")

    def __str__(self) -> str:
        return str(self.acceptance)


class EndsWritten(models.Model):
    """How far consent.ends has come: one row, so that it never looks through years."""

    DATABASE_GRANTS = ("SELECT", "INSERT", "UPDATE")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # The end of each acceptance whose last day was before this one is written.
    day = models.DateField(null=True)
    # So is that of each acceptance under a notice below this one.
    notice = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="consent_endswritten_one_row")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.notice}"


class IdempotencyKey(models.Model):
    """One click is one record: hashed keys of the last 24 hours."""

    DATABASE_GRANTS = ("SELECT", "INSERT", "DELETE")

    key_hash = models.BinaryField(primary_key=True, max_length=32)
    record = models.UUIDField()
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.record)


class AccountLink(models.Model):
    """Whose acceptance a record is, for people with an account; erased with the account."""

    DATABASE_GRANTS = ("SELECT", "INSERT", "DELETE")

    record = models.UUIDField(primary_key=True)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consent_links"
    )

    def __str__(self) -> str:
        return str(self.record)
