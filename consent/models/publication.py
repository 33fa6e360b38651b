"""What was shown to people: immutable, numbered, hashed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES, Preset
from consent.models.evidence import Evidence


class Notice(Evidence):
    """What people agree to. A new number asks everyone again (CK-16)."""

    number = models.PositiveIntegerField(_("numéro"), primary_key=True)
    content = models.JSONField(_("contenu"))
    sha256 = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField(_("créée le"))

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return f"Notice {self.number}"


class Publication(Evidence):
    """A version of the policy, with all that the site shows and does by it."""

    number = models.PositiveIntegerField(_("version"), primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, verbose_name=_("notice"))
    preset = models.CharField(_("préréglage"), max_length=20, choices=Preset)
    published_at = models.DateTimeField(_("publiée le"))
    in_force_on = models.DateField(_("en vigueur depuis le"))
    source = models.JSONField(_("registre, avant préréglage"))
    content = models.JSONField(_("registre publié"))
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        verbose_name = _("version publiée")
        verbose_name_plural = _("versions publiées")
        permissions = [("publish_publication", "Can publish the draft, and discard it")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(preset__in=Preset.values),
                name="consent_publication_preset_known",
            )
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"


class Asset(Evidence):
    """A script or stylesheet of the banner, kept by its hash."""

    sha256 = models.CharField("SHA-256", max_length=64, primary_key=True)
    path = models.CharField(_("chemin"), max_length=200)
    body = models.TextField(_("contenu"))

    class Meta:
        verbose_name = _("fichier du bandeau")
        verbose_name_plural = _("fichiers du bandeau")

    def __str__(self) -> str:
        return self.path


class Revision(Evidence):
    """All that was shown in one language: texts, layout, scripts (CP-04). It asks nobody."""

    sha256 = models.CharField("SHA-256", max_length=64, primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, verbose_name=_("notice"))
    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, verbose_name=_("version")
    )
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES]
    )
    content = models.JSONField(_("ce qui était montré"))
    created_at = models.DateTimeField(_("vue la première fois le"))

    class Meta:
        verbose_name = _("révision")
        verbose_name_plural = _("révisions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES), name="consent_revision_language_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.sha256[:12]}"
