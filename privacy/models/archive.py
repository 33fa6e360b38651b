"""A copy of a person's data that waits to be fetched: the file is encrypted, its key is here."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES
from consent.log.ids import uuid7
from privacy.encryption import EncryptedField
from privacy.models.person import DataSubject

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
                condition=models.Q(state__in=["waiting", "building", "ready", "gone", "failed"]),
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
                fields=["person", "kind"],
                condition=models.Q(state__in=["waiting", "building"]),
                name="privacy_archive_one_at_a_time",
                violation_error_message=_("Une copie de cette sorte est déjà en préparation."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.person_id}"

    @property
    def downloads_left(self) -> int:
        return MOST_DOWNLOADS - self.downloads
