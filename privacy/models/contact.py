"""Messages of the contact form (purpose i), kept only while they are handled (PF-62)."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES
from consent.log.ids import uuid7
from privacy.models.account import User
from privacy.models.person import ALPHABET, DataSubject


def new_reference() -> str:
    return "MSG-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


def new_complaint_reference() -> str:
    return "PL-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


class Outcome(models.TextChoices):
    """How the handling of a message ended (CONFORMITY § 6.6)."""

    OPEN = "", _("en cours")
    HANDLED = "handled", _("traitée")
    NO_FURTHER_ACTION = "no_further_action", _("sans suite")
    TRANSFERRED = "transferred", _("transférée")
    SILENCE = "silence", _("restée sans réponse de la personne")


class Refiled(models.TextChoices):
    """Where a message went that is about something with a clock of its own."""

    NOWHERE = "", "—"
    CONTRACT = "contract", _("contrat")
    COMPLAINT = "complaint", _("plainte")
    RIGHTS = "rights", _("demande d'exercice de droits")


class Topic(models.TextChoices):
    """What the form lets people choose."""

    INFORMATION = "information", _("une question sur nos services")
    CONTRACT = "contract", _("un contrat ou un devis")
    INVOICE = "invoice", _("une facture")
    COMPLAINT = "complaint", _("une plainte")
    PERSONAL_DATA = "personal_data", _("mes données personnelles")
    OTHER = "other", _("autre chose")


class ReplyState(models.TextChoices):
    """How far a reply came; what the mail server did with it is not always known."""

    WAITING = "waiting", _("pas encore partie")
    SENDING = "sending", _("en train de partir")
    SENT = "sent", _("envoyée")
    REFUSED = "refused", _("refusée par le courrier de la personne")
    UNKNOWN = "unknown", _("peut-être partie : issue inconnue")


class ContactMessage(models.Model):
    """After its purge only the reference, the dates, the topic and the outcome are left."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(
        _("référence"), max_length=12, unique=True, default=new_reference, editable=False
    )
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="contact_messages",
        verbose_name=_("personne"),
    )
    name = models.CharField(_("nom"), max_length=150, blank=True)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    topic = models.CharField(_("sujet"), max_length=20, blank=True)
    body = models.TextField(_("message"), max_length=5000, blank=True)
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES], default="fr"
    )
    received_at = models.DateTimeField(_("reçu le"), db_index=True)
    handler = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("suivi par"),
    )
    last_staff_act_at = models.DateTimeField(_("dernier acte le"), null=True, editable=False)
    last_reply_at = models.DateTimeField(_("dernière réponse le"), null=True, editable=False)
    last_answer_at = models.DateTimeField(_("la personne a répondu le"), null=True, editable=False)
    outcome = models.CharField(
        _("issue"), max_length=20, choices=Outcome, default=Outcome.OPEN, blank=True
    )
    refiled_as = models.CharField(
        _("repris comme"), max_length=12, choices=Refiled, default=Refiled.NOWHERE, blank=True
    )
    closed_at = models.DateTimeField(_("clos le"), null=True, editable=False, db_index=True)
    purged_at = models.DateTimeField(_("contenu effacé le"), null=True, editable=False)

    class Meta:
        verbose_name = _("message de contact")
        verbose_name_plural = _("messages de contact")
        permissions = [("handle_contactmessage", _("Peut traiter les messages de contact"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="", closed_at__isnull=True)
                | ~models.Q(outcome="") & models.Q(closed_at__isnull=False),
                name="privacy_contactmessage_closed_has_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(purged_at__isnull=True)
                | models.Q(
                    closed_at__isnull=False, name="", email="", phone="", body="", person=None
                ),
                name="privacy_contactmessage_purged_is_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values),
                name="privacy_contactmessage_outcome_known",
            ),
            models.CheckConstraint(
                condition=models.Q(refiled_as__in=Refiled.values),
                name="privacy_contactmessage_refiled_as_known",
            ),
            models.CheckConstraint(
                condition=models.Q(refiled_as="") | models.Q(outcome="transferred"),
                name="privacy_contactmessage_refiled_is_transferred",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES),
                name="privacy_contactmessage_language_known",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ContactReply(models.Model):
    """What staff wrote to the person; it goes with the message's content."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(
        ContactMessage,
        on_delete=models.DB_CASCADE,
        related_name="replies",
        verbose_name=_("message"),
    )
    author = models.ForeignKey(
        User, on_delete=models.DB_SET_NULL, null=True, related_name="+", verbose_name=_("auteur")
    )
    body = models.TextField(_("réponse"), max_length=10000)
    state = models.CharField(
        _("état"), max_length=8, choices=ReplyState, default=ReplyState.WAITING, editable=False
    )
    sent_at = models.DateTimeField(_("envoyée le"), null=True)

    class Meta:
        verbose_name = _("réponse à un message")
        verbose_name_plural = _("réponses aux messages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ReplyState.values),
                name="privacy_contactreply_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False),
                name="privacy_contactreply_sent_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class ContactReason(models.Model):
    """Why a message is still open after 90 days: a written reason for 30 days more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(
        ContactMessage,
        on_delete=models.DB_CASCADE,
        related_name="reasons",
        verbose_name=_("message"),
    )
    author = models.ForeignKey(
        User, on_delete=models.DB_SET_NULL, null=True, related_name="+", verbose_name=_("auteur")
    )
    reason = models.TextField(_("motif"), max_length=1000)
    given_at = models.DateTimeField(_("donné le"))

    class Meta:
        verbose_name = _("motif de garder un message")
        verbose_name_plural = _("motifs de garder un message")

    def __str__(self) -> str:
        return f"{self.message_id} {self.given_at:%Y-%m-%d}"


class Complaint(models.Model):
    """Purpose vii. Its clock starts when it is closed, or with the person's account if later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(
        _("référence"), max_length=12, unique=True, default=new_complaint_reference, editable=False
    )
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="complaints",
        verbose_name=_("personne"),
    )
    subject = models.CharField(_("objet"), max_length=200)
    body = models.TextField(_("plainte"), max_length=10000)
    # Somebody else who is named in it: a neighbour, another customer.
    third_parties = models.TextField(_("personnes mises en cause"), max_length=1000, blank=True)
    received_on = models.DateField(_("reçue le"))
    answer = models.TextField(_("réponse"), max_length=10000, blank=True)
    closed_on = models.DateField(_("close le"), null=True, blank=True)

    class Meta:
        verbose_name = _("plainte")
        verbose_name_plural = _("plaintes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True)
                | models.Q(closed_on__gte=models.F("received_on")),
                name="privacy_complaint_closed_after_received",
                violation_error_message=_("La plainte ne peut être close avant d'être reçue."),
            )
        ]

    def __str__(self) -> str:
        return self.reference
