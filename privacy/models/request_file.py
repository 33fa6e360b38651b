"""What came with a request: attachments, scans, raw mail; and, apart, a document that proves who
asks. The files lie encrypted outside the database; each row holds its file's own key."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.log.ids import uuid7
from privacy.encryption import EncryptedField
from privacy.models.request import RightsRequest


def new_stored_name() -> str:
    """Says nothing about whose file it is."""
    return secrets.token_hex(16)


class FileType(models.TextChoices):
    PDF = "application/pdf", "PDF"
    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    TEXT = "text/plain", _("texte")
    MAIL = "message/rfc822", _("e-mail")


class RequestFile(models.Model):
    """A file of a request. Goes with its content: without the row no key, without the key no
    file."""

    class Kind(models.TextChoices):
        ATTACHMENT = "attachment", _("pièce jointe")
        SCAN = "scan", _("document numérisé")
        MAIL = "mail", _("e-mail d'origine")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        related_name="files",
        verbose_name=_("demande"),
    )
    kind = models.CharField(_("sorte"), max_length=10, choices=Kind)
    name = models.CharField(_("nom du fichier"), max_length=120)
    type = models.CharField(_("type"), max_length=20, choices=FileType)
    size = models.PositiveIntegerField(_("taille (octets)"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    stored = models.CharField(
        _("fichier"), max_length=32, unique=True, default=new_stored_name, editable=False
    )
    key = EncryptedField(_("clé"), editable=False)
    added_at = models.DateTimeField(_("ajouté le"))

    class Meta:
        verbose_name = _("fichier d'une demande")
        verbose_name_plural = _("fichiers des demandes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["attachment", "scan", "mail"]),
                name="privacy_requestfile_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(type__in=FileType.values),
                name="privacy_requestfile_type_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"


class IdentityDocument(models.Model):
    """A document that lifts a doubt about who asks: one a request, until the decision (DR-05)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        related_name="document",
        verbose_name=_("demande"),
    )
    type = models.CharField(_("type"), max_length=20, choices=FileType)
    stored = models.CharField(
        _("fichier"), max_length=32, unique=True, default=new_stored_name, editable=False
    )
    key = EncryptedField(_("clé"), editable=False)
    added_at = models.DateTimeField(_("reçu le"))

    class Meta:
        verbose_name = _("justificatif d'identité")
        verbose_name_plural = _("justificatifs d'identité")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(type__in=FileType.values),
                name="privacy_identitydocument_type_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}"
