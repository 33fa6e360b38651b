"""The record of processing as staff edit it (GDPR art. 30): a draft, as the whole register is.

Rows name each other by `key`, in lists, as the register's file does. What they say together is
checked before a publication (privacy.processing.check).
"""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import TranslatedField, translated
from consent.models.register import Ordered


class Basis(models.TextChoices):
    """GDPR art. 6(1)."""

    CONSENT = "6(1)(a)", _("consentement (art. 6, § 1, a)")
    CONTRACT = "6(1)(b)", _("contrat ou mesures précontractuelles (art. 6, § 1, b)")
    LAW = "6(1)(c)", _("obligation légale (art. 6, § 1, c)")
    INTEREST = "6(1)(f)", _("intérêt légitime (art. 6, § 1, f)")


class Trigger(models.TextChoices):
    """What starts the clock of a retention rule."""

    ACCOUNT_CLOSED = "account_closed", _("expiration du compte")
    DOCUMENT_ISSUED = "document_issued", _("exercice de la pièce comptable")
    MESSAGE_CLOSED = "message_closed", _("fin du traitement du message")
    CONTRACT_ENDED = "contract_ended", _("fin de la relation contractuelle")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("retrait du consentement")
    REQUEST_CLOSED = "request_closed", _("clôture de la demande")
    IDENTITY_CHECKED = "identity_checked", _("vérification de l'identité")
    CHOICE_ENDED = "choice_ended", _("fin du choix")
    STAFF_LEFT = "staff_left", _("départ du membre du personnel")


class Length(models.TextChoices):
    """The unit of a rule's own period."""

    NONE = "", "—"
    HOUR = "hour", _("heure")
    DAY = "day", _("jour")
    MONTH = "month", _("mois")
    YEAR = "year", _("an")
    FISCAL_YEAR = "fiscal_year", _("année fiscale")


class Action(models.TextChoices):
    """What happens at the end of the period."""

    DELETE = "delete", _("effacer")
    ANONYMISE = "anonymise", _("rendre anonyme")
    STOP_USE = "stop_use", _("cesser l'usage ; la donnée part avec sa dernière règle")


class Keyed(Ordered):
    key = models.SlugField(_("clé"), unique=True)
    name = TranslatedField(_("nom"))

    class Meta(Ordered.Meta):
        abstract = True

    def __str__(self) -> str:
        return str(self.name.get("fr") or self.key)


class Purpose(Keyed):
    """Why data is processed; `bases` are the policy's own, `proposed_bases` answer T-11."""

    bases = models.JSONField(_("bases juridiques de la politique"), default=list)
    proposed_bases = models.JSONField(_("bases juridiques proposées"), default=list, blank=True)
    reason = TranslatedField(_("motif de la proposition"), blank=True)
    interest = TranslatedField(_("intérêt légitime"), blank=True)
    data = models.JSONField(_("catégories de données"), default=list)
    people = models.JSONField(_("catégories de personnes"), default=list)
    recipients = models.JSONField(_("destinataires"), default=list, blank=True)
    rules = models.JSONField(_("règles de conservation"), default=list)
    facts = models.JSONField(_("faits prouvés"), default=list, blank=True)

    class Meta(Ordered.Meta):
        verbose_name = _("finalité")
        verbose_name_plural = _("finalités")
        constraints = translated("purpose", "name", "reason", "interest", app="privacy")


class DataCategory(Keyed):
    """A kind of data; each has a rule that ends it (TR-05). `is_open`: what it holds is not closed
    (T-23)."""

    rules = models.JSONField(_("règles de conservation"), default=list)
    is_open = models.BooleanField(_("catégorie ouverte"), default=False)
    facts = models.JSONField(_("faits prouvés"), default=list, blank=True)

    class Meta(Ordered.Meta):
        verbose_name = _("catégorie de données")
        verbose_name_plural = _("catégories de données")
        constraints = translated("datacategory", "name", app="privacy")


class PeopleCategory(Keyed):
    class Meta(Ordered.Meta):
        verbose_name = _("catégorie de personnes")
        verbose_name_plural = _("catégories de personnes")
        constraints = translated("peoplecategory", "name", app="privacy")


class Recipient(Keyed):
    """Whom data is given to. `is_listed`: it stands in the policy's closed list (T-10)."""

    is_listed = models.BooleanField(_("dans la liste de la politique"), default=True)
    condition = TranslatedField(_("condition"), blank=True)
    facts = models.JSONField(_("faits prouvés"), default=list, blank=True)

    class Meta(Ordered.Meta):
        verbose_name = _("destinataire")
        verbose_name_plural = _("destinataires")
        constraints = translated("recipient", "name", "condition", app="privacy")


class Processor(Keyed):
    """Who processes data for the controller, where, and on what a transfer rests (T-12).

    What a `service` of the cookie register already says (country, transfer, day of its review) is
    left empty here and read there.
    """

    role = TranslatedField(_("mission"))
    recipient = models.SlugField(_("destinataire"))
    service = models.SlugField(_("service du registre des cookies"), blank=True)
    country = models.CharField(_("pays"), max_length=2, blank=True)
    transfer = TranslatedField(_("transfert hors de l'Union européenne"), blank=True)
    reviewed_on = models.DateField(_("vérifié le"), null=True, blank=True)

    class Meta(Ordered.Meta):
        verbose_name = _("sous-traitant")
        verbose_name_plural = _("sous-traitants")
        constraints = [
            *translated("processor", "name", "role", "transfer", app="privacy"),
            models.CheckConstraint(
                condition=models.Q(country="") | models.Q(country__regex="^[A-Z]{2}$"),
                name="privacy_processor_country_code",
                violation_error_message=_(
                    "Le pays s'écrit en deux lettres majuscules : BE, IE, US…"
                ),
            ),
        ]


class RetentionRule(Keyed):
    """When data leaves. The period is a fact of the policy, or the rule's own amount and unit."""

    trigger = models.CharField(_("départ"), max_length=20, choices=Trigger)
    fact = models.SlugField(_("fait de la politique"), blank=True)
    amount = models.PositiveSmallIntegerField(_("nombre"), null=True, blank=True)
    unit = models.CharField(
        _("unité"), max_length=12, choices=Length, default=Length.NONE, blank=True
    )
    action = models.CharField(_("à la fin"), max_length=10, choices=Action)
    needs_approval = models.BooleanField(_("avec l'accord d'une personne"), default=False)
    words = TranslatedField(_("durée, en mots"))
    facts = models.JSONField(_("faits prouvés"), default=list, blank=True)

    class Meta(Ordered.Meta):
        verbose_name = _("règle de conservation")
        verbose_name_plural = _("règles de conservation")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *translated("retentionrule", "name", "words", app="privacy"),
            models.CheckConstraint(
                condition=models.Q(trigger__in=Trigger.values),
                name="privacy_retentionrule_trigger_known",
            ),
            models.CheckConstraint(
                condition=models.Q(action__in=Action.values),
                name="privacy_retentionrule_action_known",
            ),
            models.CheckConstraint(
                condition=models.Q(unit__in=Length.values),
                name="privacy_retentionrule_unit_known",
            ),
            models.CheckConstraint(
                condition=(~models.Q(fact="") & models.Q(amount__isnull=True, unit=""))
                | (models.Q(fact="", amount__isnull=False) & ~models.Q(unit="")),
                name="privacy_retentionrule_one_period",
                violation_error_message=_(
                    "Une durée est un fait de la politique, ou un nombre et son unité."
                ),
            ),
        ]

    def clean(self) -> None:
        if self.trigger == Trigger.DOCUMENT_ISSUED and not self.needs_approval:
            # T-18: accounting documents are never destroyed without a person.
            raise ValidationError(
                {"needs_approval": _("Détruire des pièces comptables demande toujours un accord.")}
            )


class SecurityMeasure(Keyed):
    """GDPR art. 30(1)(g), 32."""

    description = TranslatedField(_("description"))

    class Meta(Ordered.Meta):
        verbose_name = _("mesure de sécurité")
        verbose_name_plural = _("mesures de sécurité")
        constraints = translated("securitymeasure", "name", "description", app="privacy")
