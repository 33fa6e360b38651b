"""Requests to use a right (GDPR art. 12, 15-22): the request, what was written, its timeline.

The timeline is evidence: append-only, chained by hashes, and without anything about anybody. What
names the person stands in the other two, which can be erased without breaking it.
"""

import secrets
import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent.enums import LANGUAGES
from consent.log.ids import uuid7
from privacy.models.account import User
from privacy.models.chained import ChainedStep
from privacy.models.person import ALPHABET, DataSubject
from privacy.requests.states import FINAL, OPEN, Status


def new_request_reference(year: int) -> str:
    """ "DSR-2026-7K3QF2": random, so that it does not tell how many there are."""
    return f"DSR-{year}-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


class Right(models.TextChoices):
    ACCESS = "access", _("accès")
    RECTIFICATION = "rectification", _("correction")
    ERASURE = "erasure", _("effacement")
    RESTRICTION = "restriction", _("limitation")
    OBJECTION = "objection", _("opposition")
    WITHDRAWAL = "withdrawal", _("retrait du consentement")
    PORTABILITY = "portability", _("portabilité")
    OTHER = "other", _("autre")


class RequestChannel(models.TextChoices):
    """How it came; any of them counts (DR-01, T-09)."""

    PORTAL = "portal", _("site")
    EMAIL = "email", _("e-mail")
    POST = "post", pgettext_lazy("voie", "courrier")
    PHONE = "phone", _("téléphone")
    COUNTER = "counter", _("sur place")


# What staff enter by hand.
ENTERED = (
    RequestChannel.EMAIL, RequestChannel.POST, RequestChannel.PHONE, RequestChannel.COUNTER,
)  # fmt: skip


class RefusalGround(models.TextChoices):
    """Why a request may be refused. Each needs reasons and evidence besides (DR-06)."""

    UNFOUNDED = "unfounded", _("manifestement infondée (art. 12, § 5)")
    EXCESSIVE = "excessive", _("excessive, avec intention abusive prouvée (art. 12, § 5)")
    UNIDENTIFIED = "unidentified", _("personne impossible à identifier (art. 11 et 12, § 2)")
    LEGAL_DUTY = "legal_duty", _("obligation légale de conserver (art. 17, § 3)")
    RIGHTS_OF_OTHERS = "rights_of_others", _("droits d'autres personnes (art. 15, § 4)")
    LEGAL_CLAIMS = "legal_claims", _("droit en justice (art. 17, § 3, e)")
    NOT_APPLICABLE = "not_applicable", _("droit sans objet dans ce cas")


class RepresentedBy(models.TextChoices):
    """Who asks for somebody else; what shows that they may comes as an attachment."""

    PARENT = "parent", _("parent d'un enfant mineur")
    GUARDIAN = "guardian", _("tuteur ou administrateur")
    LAWYER = "lawyer", _("avocat")
    HEIR = "heir", _("héritier")
    MANDATE = "mandate", _("personne qui a un mandat écrit")


class RequestQuerySet(models.QuerySet["RightsRequest"]):
    def open(self) -> "RequestQuerySet":
        return self.filter(status__in=OPEN)

    def by_due_date(self) -> "RequestQuerySet":
        return self.order_by("legal_due_on", "pk")


class RightsRequest(models.Model):
    """One request, for one right or several. Triggers keep its states and its clock legal."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("référence"), max_length=15, unique=True, editable=False)
    # How the timeline calls it; says nothing once this row is gone.
    pseudonym = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    rights = ArrayField(models.CharField(max_length=20), verbose_name=_("droits"))
    channel = models.CharField(_("canal"), max_length=10, choices=RequestChannel)
    name = models.CharField(_("nom"), max_length=150)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    message = models.TextField(_("message"), max_length=5000, blank=True)
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES], default="fr"
    )
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("personne"),
    )
    account = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("compte"),
    )
    status = models.CharField(_("état"), max_length=24, choices=Status)
    received_at = models.DateTimeField(_("reçue le"))
    received_on = models.DateField(_("jour de réception"))
    legal_due_on = models.DateField(_("échéance légale"))
    policy_limit_on = models.DateField(_("trente jours"))
    target_on = models.DateField(_("objectif"))
    extended_due_on = models.DateField(_("échéance prolongée"), null=True, blank=True)
    extension_reason = models.TextField(_("motif de la prolongation"), blank=True, max_length=2000)
    extension_told_at = models.DateTimeField(_("prolongation annoncée le"), null=True, blank=True)
    identity_asked_on = models.DateField(_("identification demandée le"), null=True, blank=True)
    identity_reason = models.TextField(_("motif du doute"), blank=True, max_length=2000)
    identity_came_on = models.DateField(_("identification reçue le"), null=True, blank=True)
    # The first answer, refusal, extension or question: what the policy calls a follow-up (T-14).
    followed_up_at = models.DateTimeField(_("première suite le"), null=True, editable=False)
    deemed_refused_at = models.DateTimeField(
        _("réputée rejetée depuis le"), null=True, editable=False
    )
    alerts_given = ArrayField(models.CharField(max_length=16), default=list, editable=False)
    handler = models.ForeignKey(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("suivie par"),
    )
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, editable=False)
    # Keyed hash of the code that opens a copy, shown once and never mailed; empty: none was shown.
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    # Raised to make mailed links worthless.
    link_number = models.PositiveSmallIntegerField(default=0, editable=False)
    # One click of a form is one request, even if the browser sends it twice.
    sending = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    refusal_ground = models.CharField(
        _("motif légal du refus"), max_length=20, choices=RefusalGround, blank=True
    )
    refusal_reason = models.TextField(_("raisons du refus"), blank=True, max_length=5000)
    refusal_evidence = models.TextField(_("preuves"), blank=True, max_length=5000)
    # The account's random key, not a relation: it stays when the colleague leaves.
    decided_by = models.UUIDField(_("décidée par"), null=True, editable=False)
    ended_at = models.DateTimeField(_("terminée le"), null=True, editable=False, db_index=True)
    # Why the answer came late, in staff's words: the yearly report lists it.
    late_reason = models.TextField(_("raison du retard"), blank=True, max_length=2000)
    # From then on nothing here says who asked, or what (art. 5(1)(e)); figures and chain stay.
    content_erased_at = models.DateTimeField(_("contenu effacé le"), null=True, editable=False)
    # `name` is who asks; these say for whom, where it is not for themselves.
    represented_by = models.CharField(
        _("demande pour une autre personne, comme"),
        max_length=10,
        choices=RepresentedBy,
        blank=True,
    )
    represented_name = models.CharField(_("personne représentée"), max_length=150, blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande")
        verbose_name_plural = _("demandes")
        permissions = [
            ("handle_rightsrequest", _("Peut traiter les demandes")),
            ("decide_rightsrequest", _("Peut refuser, prolonger et clore les demandes")),
        ]
        indexes = [
            models.Index(
                fields=["legal_due_on", "id"],
                name="privacy_request_open",
                condition=models.Q(status__in=[status.value for status in OPEN]),
            ),
            models.Index(fields=["legal_due_on", "id"], name="privacy_request_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values),
                name="privacy_request_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=RequestChannel.values),
                name="privacy_request_channel_known",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES),
                name="privacy_request_language_known",
            ),
            models.CheckConstraint(
                condition=models.Q(rights__contained_by=Right.values)
                & models.Q(rights__len__gte=1),
                name="privacy_request_rights_known",
                violation_error_message=_("Choisissez au moins un droit."),
            ),
            models.CheckConstraint(
                condition=models.Q(refusal_ground__in=["", *RefusalGround.values]),
                name="privacy_request_refusal_ground_known",
            ),
            models.CheckConstraint(
                condition=models.Q(content_erased_at__isnull=False)
                | ~models.Q(status=Status.REFUSED)
                | ~models.Q(refusal_ground="")
                & ~models.Q(refusal_reason="")
                & ~models.Q(refusal_evidence=""),
                name="privacy_request_refused_with_reasons",
                violation_error_message=_("Un refus a un motif, des raisons et des preuves."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[status.value for status in FINAL],
                    decided_by__isnull=False,
                    ended_at__isnull=False,
                )
                | models.Q(status__in=[status.value for status in OPEN], ended_at__isnull=True),
                name="privacy_request_ended_by_somebody",
                violation_error_message=_("Seule une personne met fin à une demande."),
            ),
            models.CheckConstraint(
                condition=models.Q(represented_by__in=["", *RepresentedBy.values]),
                name="privacy_request_represented_by_known",
            ),
            models.CheckConstraint(
                condition=models.Q(content_erased_at__isnull=False)
                | models.Q(identity_asked_on__isnull=True, identity_came_on__isnull=True)
                | models.Q(identity_asked_on__gte=models.F("received_on"))
                & ~models.Q(identity_reason=""),
                name="privacy_request_identity_with_reason",
                violation_error_message=_(
                    "Demander un justificatif exige un doute raisonnable, écrit."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(content_erased_at__isnull=True)
                | models.Q(
                    name="",
                    email="",
                    message="",
                    person__isnull=True,
                    account__isnull=True,
                    extension_reason="",
                    identity_reason="",
                    refusal_reason="",
                    refusal_evidence="",
                    late_reason="",
                ),
                name="privacy_request_content_erased",
                violation_error_message=_("Le contenu de cette demande est effacé."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def due_on(self) -> date:
        """The last day to answer as things stand: the extended one, once told."""
        return self.extended_due_on or self.legal_due_on

    @property
    def rights_words(self) -> list[str]:
        return [str(Right(right).label) for right in self.rights]


class Direction(models.TextChoices):
    IN = "in", _("de la personne")
    OUT = "out", _("à la personne")
    NOTE = "note", _("note interne")


class LetterState(models.TextChoices):
    """Where a letter by e-mail stands. Never sent by itself once it is `unknown`."""

    WAITING = "waiting", _("pas encore partie")
    SENDING = "sending", _("en cours d'envoi")
    SENT = "sent", _("partie par e-mail")
    UNKNOWN = "unknown", _("issue inconnue")
    REFUSED = "refused", _("refusée par le serveur du destinataire")


class RequestMessage(models.Model):
    """What was written: exactly as it was sent or received. Goes with the request's content."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        RightsRequest,
        on_delete=models.DB_CASCADE,
        related_name="messages",
        verbose_name=_("demande"),
    )
    direction = models.CharField(_("sens"), max_length=4, choices=Direction)
    author = models.ForeignKey(
        User, on_delete=models.DB_SET_NULL, null=True, related_name="+", verbose_name=_("auteur")
    )
    subject = models.CharField(_("objet"), max_length=200)
    body = models.TextField(_("texte"), max_length=20000)
    written_at = models.DateTimeField(_("écrit le"))
    mailed_at = models.DateTimeField(_("parti le"), null=True, editable=False)
    posted_at = models.DateTimeField(_("posté le"), null=True, editable=False)
    # Empty for what is not mailed: a note, what the person wrote, a letter for the post.
    state = models.CharField(
        _("envoi"), max_length=8, choices=LetterState, blank=True, editable=False
    )
    is_acknowledgement = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("message d'une demande")
        verbose_name_plural = _("messages des demandes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(direction__in=Direction.values),
                name="privacy_requestmessage_direction_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="")
                | models.Q(state__in=LetterState.values, direction=Direction.OUT),
                name="privacy_requestmessage_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=LetterState.SENT, mailed_at__isnull=False)
                | ~models.Q(state=LetterState.SENT) & models.Q(mailed_at__isnull=True),
                name="privacy_requestmessage_sent_when",
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(is_acknowledgement=True),
                name="privacy_requestmessage_acknowledged_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.written_at:%Y-%m-%d}"


class RequestEventKind(models.TextChoices):
    FILED = "filed", _("demande reçue")
    ENTERED = "entered", _("demande enregistrée par le personnel")
    ACKNOWLEDGED = "acknowledged", _("accusé de réception envoyé")
    CONFIRMED = "confirmed", _("confirmée par le lien envoyé")
    ACCEPTED = "accepted", _("acceptée sans confirmation")
    TO_TRIAGE = "to_triage", _("sans confirmation après trois jours : à trier")
    ASSIGNED = "assigned", _("attribuée")
    STARTED = "started", _("traitement commencé")
    IDENTITY_ASKED = "identity_asked", _("identification demandée")
    IDENTITY_RECEIVED = "identity_received", _("identification reçue")
    EXTENDED = "extended", _("délai prolongé")
    WRITTEN = "written", _("message écrit à la personne")
    HEARD = "heard", _("message de la personne")
    NOTED = "noted", _("note interne")
    ALERTED = "alerted", _("rappel au personnel")
    DEEMED_REFUSED = "deemed_refused", _("réputée rejetée selon la politique ; reste ouverte")
    INCIDENT = "incident", _("manquement possible à l'art. 12, § 3")
    FLAG_CLEARED = "flag_cleared", _("n'est plus réputée rejetée")
    ANSWERED = "answered", _("réponse donnée")
    REFUSED = "refused", _("refusée")
    CLOSED = "closed", _("close")
    REOPENED = "reopened", _("rouverte")
    CLARIFICATION_ASKED = "clarification_asked", _("précision demandée")
    MATCHED = "matched", _("personne reconnue dans nos données")
    UNMATCHED = "unmatched", _("personne dissociée de la demande")
    PROPOSED = "proposed", _("acte proposé à un second accord")
    APPROVED = "approved", _("acte approuvé par une seconde personne")
    DECLINED = "declined", _("acte écarté par une seconde personne")
    ERASED = "erased", _("données effacées")
    RECTIFIED = "rectified", _("données corrigées")
    RESTRICTED = "restricted", _("traitement limité")
    LIFTED = "lifted", _("limitation levée")
    OBJECTED = "objected", _("opposition appliquée")
    WITHDRAWN = "withdrawn", _("consentement retiré")
    RECIPIENT_TO_TELL = "recipient_to_tell", _("destinataire à prévenir")
    RECIPIENT_TOLD = "recipient_told", _("destinataire prévenu")
    REVIEWED = "reviewed", _("données de tiers examinées")
    ARCHIVE_ASKED = "archive_asked", _("copie des données demandée")
    ARCHIVE_READY = "archive_ready", _("copie des données prête")
    ARCHIVE_TAKEN = "archive_taken", _("copie des données téléchargée")
    ARCHIVE_GONE = "archive_gone", _("copie des données détruite")
    TRANSMITTED = "transmitted", _("données transmises à un autre responsable")
    ATTACHED = "attached", _("pièce jointe")
    DOCUMENT_RECEIVED = "document_received", _("justificatif reçu")
    DOCUMENT_VIEWED = "document_viewed", _("justificatif consulté")
    DOCUMENT_DESTROYED = "document_destroyed", _("justificatif détruit, avec sa clé")
    IMPORTED = "imported", _("arrivée par la boîte aux lettres")
    BOUNCED = "bounced", _("notre lettre est revenue")
    POSTED = "posted", _("lettre postée")
    SENDING_UNKNOWN = "sending_unknown", _("envoi d'une lettre : issue inconnue")
    MERGED = "merged", _("réunie à une autre demande")
    SPLIT = "split", _("séparée en deux demandes")
    CONTENT_ERASED = "content_erased", _("contenu de la demande effacé")


class RequestEvent(ChainedStep):
    """One step of the timeline of a request."""

    request = models.UUIDField(_("demande"))
    kind = models.CharField(_("étape"), max_length=20, choices=RequestEventKind)

    class Meta:
        verbose_name = _("étape d'une demande")
        verbose_name_plural = _("étapes des demandes")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "number"], name="privacy_requestevent_one_after_another"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=RequestEventKind.values),
                name="privacy_requestevent_kind_known",
            ),
        ]


class StaffToken(models.Model):
    """A key of the staff API; only its hash is kept, so it is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(
        User, on_delete=models.DB_CASCADE, related_name="tokens", verbose_name=_("compte")
    )
    hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("fait le"))
    ends_at = models.DateTimeField(_("valable jusqu'au"))
    revoked_at = models.DateTimeField(_("retiré le"), null=True)

    class Meta:
        verbose_name = _("clé de l'API")
        verbose_name_plural = _("clés de l'API")

    def __str__(self) -> str:
        return f"{self.account_id} {self.made_at:%Y-%m-%d}"
