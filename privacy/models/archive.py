"""A copy of a person's data that waits to be fetched: the file is encrypted, its key is here."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES
from consent.log.ids import uuid7
from privacy.encryption import EncryptedField
from privacy.models.person import DataSubject
from privacy.models.request import RightsRequest

MOST_DOWNLOADS = 5


def new_name() -> str:
    """Says nothing about whose file it is."""
    return secrets.token_hex(16)


class Archive(models.Model):
    """Nobody sees it before it is `ready`; when it is `gone`, so is its key, and what may be left
    of the file opens no more."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("copie de mes données (accès)")
        PORTABILITY = "portability", _("données à emporter (portabilité)")

    class State(models.TextChoices):
        REVIEW = "review", _("à relire par une seconde personne")
        WAITING = "waiting", _("en attente")
        BUILDING = "building", _("en préparation")
        READY = "ready", _("prête")
        GONE = "gone", _("effacée")
        FAILED = "failed", _("échouée")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="archives",
        verbose_name=_("personne"),
    )
    # What staff prepare to answer a request; without one it is a copy that the person made.
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        null=True,
        related_name="copies",
        verbose_name=_("demande"),
    )
    # Random keys of accounts, not relations: they stay when the colleague leaves.
    prepared_by = models.UUIDField(_("préparée par"), null=True, editable=False)
    released_by = models.UUIDField(_("libérée par"), null=True, editable=False)
    released_at = models.DateTimeField(_("libérée le"), null=True, editable=False)
    kind = models.CharField(_("sorte"), max_length=11, choices=Kind)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.WAITING)
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES], default="fr"
    )
    created_at = models.DateTimeField(_("demandée le"))
    ready_at = models.DateTimeField(_("prête le"), null=True, editable=False)
    expires_at = models.DateTimeField(_("effacée après le"), null=True, editable=False)
    downloads = models.PositiveSmallIntegerField(_("téléchargements"), default=0, editable=False)
    percent = models.PositiveSmallIntegerField(_("avancement (%)"), default=0, editable=False)
    size = models.PositiveBigIntegerField(_("taille (octets)"), default=0, editable=False)
    name = models.CharField(_("fichier"), max_length=32, unique=True, default=new_name)
    key = EncryptedField(_("clé"), null=True, editable=False)

    class Meta:
        verbose_name = _("copie de données")
        verbose_name_plural = _("copies de données")
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="privacy_archive_expiry",
                condition=models.Q(state="ready"),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["access", "portability"]),
                name="privacy_archive_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "review",
                        "waiting",
                        "building",
                        "ready",
                        "gone",
                        "failed",
                    ]
                ),
                name="privacy_archive_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES), name="privacy_archive_language_known"
            ),
            models.CheckConstraint(
                condition=models.Q(downloads__lte=MOST_DOWNLOADS),
                name="privacy_archive_few_downloads",
            ),
            models.CheckConstraint(
                condition=models.Q(percent__lte=100), name="privacy_archive_percent"
            ),
            # A key exists as long as there is something to open with it, and no longer.
            models.CheckConstraint(
                condition=models.Q(
                    state="ready",
                    key__isnull=False,
                    ready_at__isnull=False,
                    expires_at__isnull=False,
                )
                | ~models.Q(state="ready") & models.Q(key__isnull=True),
                name="privacy_archive_key_while_ready",
            ),
            models.UniqueConstraint(
                fields=["request", "kind"],
                condition=models.Q(state__in=["review", "waiting", "building"]),
                name="privacy_archive_one_for_request",
                violation_error_message=_("Une copie de cette sorte est déjà en préparation."),
            ),
            # What answers a request goes out only when a second person let it (DR-11).
            models.CheckConstraint(
                condition=models.Q(request__isnull=True)
                | models.Q(state__in=["review", "gone", "failed"])
                | models.Q(released_by__isnull=False, released_at__isnull=False),
                name="privacy_archive_released_first",
            ),
            models.CheckConstraint(
                condition=models.Q(released_by__isnull=True)
                | models.Q(prepared_by__isnull=False)
                & ~models.Q(released_by=models.F("prepared_by")),
                name="privacy_archive_two_people",
                violation_error_message=_("La personne qui a préparé la copie ne la libère pas."),
            ),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=models.Q(state__in=["waiting", "building"], request__isnull=True),
                name="privacy_archive_one_at_a_time",
                violation_error_message=_("Une copie de cette sorte est déjà en préparation."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.person_id}"

    @property
    def downloads_left(self) -> int:
        return MOST_DOWNLOADS - self.downloads


class ThirdPartyDecision(models.Model):
    """What somebody decided about one text that may be about somebody else (DR-11)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    archive = models.ForeignKey(
        Archive,
        on_delete=models.DB_CASCADE,
        related_name="decisions",
        verbose_name=_("copie de données"),
    )
    source = models.CharField(_("source"), max_length=100)
    row = models.CharField(_("ligne"), max_length=64)
    field = models.CharField(_("champ"), max_length=64)
    # Keyed: a text that changed since must be looked at again.
    value_hash = models.CharField(max_length=64)
    masked = models.BooleanField(_("masqué"))
    reason = models.CharField(_("motif"), max_length=200, blank=True)
    by = models.UUIDField(_("par"))
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("texte relu")
        verbose_name_plural = _("textes relus")
        constraints = [
            models.UniqueConstraint(
                fields=["archive", "source", "row", "field"],
                name="privacy_thirdpartydecision_once",
            ),
            models.CheckConstraint(
                condition=models.Q(masked=False) | ~models.Q(reason=""),
                name="privacy_thirdpartydecision_masked_with_reason",
                violation_error_message=_("Masquer un texte exige un motif."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.row} {self.field}"
