"""Choices about marketing, and who must not be written to (MK-01 … MK-04, DR-16 … 18)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.fields import TranslatedField
from consent.log.ids import uuid7
from privacy.models.account import User
from privacy.models.person import DataSubject


class Channel(models.TextChoices):
    """The policy's own four ways of marketing (PF-72), each chosen by itself (MK-03)."""

    PAPER = "paper", _("lettres d'information papier")
    EMAIL = "email", _("lettres d'information électroniques")
    SMS = "sms", _("SMS promotionnels")
    EVENTS = "events", _("prospection lors de foires et d'événements")


class Source(models.TextChoices):
    """Where a choice or an objection was made."""

    ACCOUNT = "account", _("espace personnel")
    LINK = "link", _("lien d'un message")
    ONE_CLICK = "one_click", _("bouton du programme de courrier")
    STAFF = "staff", _("noté par le personnel")
    REQUEST = "request", _("demande d'exercice de droits")


class MarketingChoice(models.Model):
    """One yes or no of one person for one channel: an event, the newest one holds.

    Never changed; it leaves with the person. `shown` is the hash of the text that was agreed to.
    """

    DATABASE_GRANTS = ("SELECT", "INSERT", "DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="marketing_choices",
        verbose_name=_("personne"),
    )
    channel = models.CharField(_("moyen"), max_length=8, choices=Channel)
    given = models.BooleanField(_("accord"))
    at = models.DateTimeField(_("le"))
    source = models.CharField(_("endroit"), max_length=10, choices=Source)
    shown = models.CharField(_("texte montré (SHA-256)"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("choix de prospection")
        verbose_name_plural = _("choix de prospection")
        indexes = [
            models.Index(
                fields=["person", "channel", "-at", "-id"], name="privacy_marketing_newest"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel__in=Channel.values),
                name="privacy_marketing_channel_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="privacy_marketing_source_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.channel} {self.given}"


class ObjectionKind(models.TextChoices):
    MARKETING = "marketing", _("à toute prospection (art. 21, § 2)")
    LEGITIMATE_INTEREST = "legitimate_interest", _("à la promotion des services (art. 21, § 1)")


class Objection(models.Model):
    """From its first moment the use stops; an objection to marketing is never weighed (DR-17)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="objections",
        verbose_name=_("personne"),
    )
    kind = models.CharField(_("sorte"), max_length=20, choices=ObjectionKind)
    at = models.DateTimeField(_("le"))
    source = models.CharField(_("endroit"), max_length=10, choices=Source)
    # Only the person ends an objection to marketing, by a new choice; staff may end the other one,
    # with the compelling grounds in writing (DR-16).
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    ended_because = models.TextField(_("motif"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("opposition")
        verbose_name_plural = _("oppositions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ObjectionKind.values),
                name="privacy_objection_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="privacy_objection_source_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | ~models.Q(ended_because=""),
                name="privacy_objection_end_has_reason",
                violation_error_message=_("Une opposition ne prend fin qu'avec un motif écrit."),
            ),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=models.Q(ended_at__isnull=True),
                name="privacy_objection_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class Suppression(models.Model):
    """An address that must not be written to, as a keyed hash: it outlives the person's data, so
    that who objected and was erased is not written to again (MK-02)."""

    DATABASE_GRANTS = ("SELECT", "INSERT", "DELETE")

    address_hash = models.CharField(_("adresse (hachée)"), max_length=64, primary_key=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("adresse à ne plus contacter")
        verbose_name_plural = _("adresses à ne plus contacter")

    def __str__(self) -> str:
        return self.address_hash[:12]


class Campaign(models.Model):
    """A marketing message on one channel. Who gets it is decided at the moment of sending."""

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        SENDING = "sending", _("en cours d'envoi")
        SENT = "sent", _("envoyée")
        STOPPED = "stopped", _("arrêtée")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("nom"), max_length=100)
    channel = models.CharField(_("moyen"), max_length=8, choices=Channel, default=Channel.EMAIL)
    subject = TranslatedField(_("objet"))
    body = TranslatedField(_("texte"))
    state = models.CharField(
        _("état"), max_length=8, choices=State, default=State.DRAFT, editable=False
    )
    created_by = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("écrite par"),
    )
    started_at = models.DateTimeField(_("commencée le"), null=True, editable=False)
    ended_at = models.DateTimeField(_("terminée le"), null=True, editable=False)

    class Meta:
        verbose_name = _("campagne")
        verbose_name_plural = _("campagnes")
        permissions = [("send_campaign", _("Peut envoyer une campagne"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel__in=Channel.values),
                name="privacy_campaign_channel_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "sending", "sent", "stopped"]),
                name="privacy_campaign_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignDelivery(models.Model):
    """One message of a campaign to one person, at most once.

    `unknown`: the worker died while the mail server had the message; nobody can tell whether it
    took it, so it is shown and not sent again.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("prévu")
        SENDING = "sending", _("remis au serveur")
        SENT = "sent", _("envoyé")
        SKIPPED = "skipped", _("plus permis au moment de l'envoi")
        REFUSED = "refused", _("refusé par le serveur de courrier")
        UNKNOWN = "unknown", _("issue inconnue")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, related_name="deliveries", verbose_name=_("campagne")
    )
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="campaign_deliveries",
        verbose_name=_("personne"),
    )
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.PLANNED)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("envoi")
        verbose_name_plural = _("envois")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "person"], name="privacy_campaigndelivery_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["planned", "sending", "sent", "skipped", "refused", "unknown"]
                ),
                name="privacy_campaigndelivery_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "state"], name="privacy_delivery_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.person_id}"
