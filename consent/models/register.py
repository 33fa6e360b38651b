"""The register as staff edit it: a draft. What visitors see is a publication made from it."""

import re
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import NECESSARY, BlockKind, Preset, Unit
from consent.fields import TranslatedField, translated

# Services that regulators never count as strictly necessary (GA-07), by a word of their key.
NEVER_NECESSARY = ("google", "analytics")
# The register file's own rules (consent.register.file), said at the field.
HOST = re.compile(r"https://(\*\.)?[a-z0-9.-]+")
_CATEGORY_KEY = re.compile(r"[a-z]{1,30}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


def no_hosts() -> dict[str, list[str]]:
    return {"script": [], "connect": [], "img": [], "frame": []}


class Ordered(models.Model):
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["position", "pk"]


class Fact(Ordered):
    """A number, name, address or period that the policy's sentences quote as `{key}`."""

    key = models.SlugField(_("clé"), unique=True)
    amount = models.PositiveIntegerField(_("nombre"), null=True, blank=True)
    unit = models.CharField(_("unité"), max_length=12, choices=Unit, default=Unit.NONE, blank=True)
    words = TranslatedField(_("mots"))

    class Meta(Ordered.Meta):
        verbose_name = _("fait de la politique")
        verbose_name_plural = _("faits de la politique")
        constraints = [
            *translated("fact", "words"),
            models.CheckConstraint(
                condition=models.Q(unit__in=Unit.values), name="consent_fact_unit_known"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True, unit="")
                | models.Q(amount__isnull=False) & ~models.Q(unit=""),
                name="consent_fact_amount_with_unit",
                violation_error_message=_("Un nombre a une unité, une unité a un nombre."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.words.get('fr', '')}"


class Category(Ordered):
    key = models.SlugField(_("clé"), unique=True)
    required = models.BooleanField(_("toujours active"), default=False)
    name = TranslatedField(_("nom"))
    description = TranslatedField(_("description"))

    class Meta(Ordered.Meta):
        verbose_name = _("catégorie")
        verbose_name_plural = _("catégories")
        constraints = [
            *translated("category", "name", "description"),
            models.CheckConstraint(
                condition=models.Q(required=True, key=NECESSARY)
                | models.Q(required=False) & ~models.Q(key=NECESSARY),
                name="consent_category_only_necessary_required",
                violation_error_message=_("Seule la catégorie « necessary » est toujours active."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name.get("fr", self.key))

    def clean(self) -> None:
        if not _CATEGORY_KEY.fullmatch(self.key):
            raise ValidationError({"key": _("La clé est faite de 1 à 30 lettres minuscules.")})


class Service(Ordered):
    key = models.SlugField(_("clé"), unique=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="services", verbose_name=_("catégorie")
    )
    name = TranslatedField(_("nom"))
    heading = TranslatedField(_("titre dans la politique"))
    company = TranslatedField(_("société"))
    country = models.CharField(_("pays"), max_length=2)
    purpose = TranslatedField(_("finalité"))
    access = TranslatedField(_("qui y a accès"))
    privacy_url = models.URLField(_("politique du service"), blank=True)
    transfer = TranslatedField(_("transfert hors de l'Union européenne"), blank=True)
    transfer_reviewed_on = models.DateField(_("transfert vérifié le"), null=True, blank=True)
    hosts = models.JSONField(_("adresses appelées"), default=no_hosts)

    class Meta(Ordered.Meta):
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = translated(
            "service", "name", "heading", "company", "purpose", "access", "transfer"
        )

    def __str__(self) -> str:
        return str(self.name.get("fr", self.key))

    def clean(self) -> None:
        # GA-07: audience measurement by a provider that reuses the data is never exempt.
        if (
            self.category_id
            and self.category.required
            and any(word in self.key for word in NEVER_NECESSARY)
        ):
            raise ValidationError(
                {
                    "category": _(
                        "Ce service n'est pas strictement nécessaire : il lui faut un accord."
                    )
                }
            )
        if not _COUNTRY.fullmatch(self.country):
            raise ValidationError(
                {"country": _("Le pays s'écrit en deux lettres majuscules : BE, IE, US…")}
            )


class Cookie(Ordered):
    name = models.CharField(_("nom"), max_length=100, unique=True)
    is_pattern = models.BooleanField(_("est un motif (*)"), default=False)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="cookies", verbose_name=_("service")
    )
    kind = TranslatedField(_("type"), blank=True)
    provenance = TranslatedField(_("provenance"))
    purpose = TranslatedField(_("finalité (complément)"))
    lifetime_seconds = models.PositiveIntegerField(_("durée en secondes"))
    lifetime = TranslatedField(_("durée, en mots"))

    class Meta(Ordered.Meta):
        verbose_name = _("cookie")
        verbose_name_plural = _("cookies")
        constraints = translated("cookie", "kind", "provenance", "purpose", "lifetime")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not _COOKIE_NAME.fullmatch(self.name):
            raise ValidationError(
                {"name": _("Un nom de cookie n'a ni espace, ni accent, ni virgule.")}
            )
        if (
            self.service_id
            and self.service.category.required
            and self.name.startswith(("_ga", "_gid", "_gat", "_gac", "_gcl"))
        ):
            raise ValidationError(
                {"service": _("Un cookie de Google Analytics n'est jamais strictement nécessaire.")}
            )


class Browser(Ordered):
    """Where a browser explains how to delete cookies (PF-30); no address means plain text."""

    key = models.SlugField(_("clé"), unique=True)
    label = models.CharField(_("nom"), max_length=80)
    url = models.URLField(_("adresse"), blank=True)
    is_obsolete = models.BooleanField(_("n'est plus entretenu"), default=False)

    class Meta(Ordered.Meta):
        verbose_name = _("navigateur")
        verbose_name_plural = _("navigateurs")

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if self.url and not self.url.startswith("https://"):
            raise ValidationError({"url": _("L'adresse commence par https://.")})


class BannerText(Ordered):
    key = models.SlugField(_("clé"), unique=True)
    text = TranslatedField(_("texte"))

    class Meta(Ordered.Meta):
        verbose_name = _("texte du bandeau")
        verbose_name_plural = _("textes du bandeau")
        constraints = translated("bannertext", "text")

    def __str__(self) -> str:
        return self.key


class PolicyBlock(Ordered):
    """One title, paragraph, list or table of the policy page, in its order."""

    key = models.SlugField(_("clé"), unique=True)
    kind = models.CharField(_("sorte"), max_length=12, choices=BlockKind)
    anchor = models.SlugField(_("ancre"), blank=True)
    text = TranslatedField(_("texte"), blank=True)
    items = models.JSONField(_("éléments de la liste"), default=list, blank=True)
    category = models.SlugField(_("catégorie de cookies"), blank=True)
    tension = models.CharField(_("tension"), max_length=8, blank=True)
    facts = models.JSONField(_("faits prouvés"), default=list, blank=True)

    class Meta(Ordered.Meta):
        verbose_name = _("bloc de la politique")
        verbose_name_plural = _("blocs de la politique")
        constraints = [
            *translated("policyblock", "text"),
            models.CheckConstraint(
                condition=models.Q(kind__in=BlockKind.values), name="consent_policyblock_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        if self.kind == BlockKind.COOKIES and not self.category:
            raise ValidationError({"category": _("De quelle catégorie montrer les cookies ?")})
        if self.kind == BlockKind.LIST and not self.items:
            raise ValidationError({"items": _("Une liste a au moins un élément.")})
        wordless = {BlockKind.LIST, BlockKind.COOKIES, BlockKind.BROWSERS}
        if self.kind not in wordless and not any(self.text.values()):
            raise ValidationError({"text": _("Ce bloc a besoin d'un texte.")})


class PresetRule(models.Model):
    """What a preset changes in the published register, never in the draft."""

    preset = models.CharField(_("préréglage"), max_length=20, choices=Preset, unique=True)
    overrides = models.JSONField(_("remplacements"), default=dict, blank=True)

    class Meta:
        verbose_name = _("préréglage")
        verbose_name_plural = _("préréglages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(preset__in=Preset.values), name="consent_presetrule_preset_known"
            )
        ]

    def __str__(self) -> str:
        return self.get_preset_display()
