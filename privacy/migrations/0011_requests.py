"""Requests to use a right; what SQL may not do to their states, their clock and their timeline."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import consent.log.ids

# The pairs of privacy.requests.states.MOVES (a test compares them).
PAIRS = (
    ("awaiting_confirmation", "received"),
    ("awaiting_confirmation", "triage"),
    ("awaiting_confirmation", "awaiting_identity"),
    ("awaiting_confirmation", "closed"),
    ("triage", "received"),
    ("triage", "awaiting_identity"),
    ("triage", "refused"),
    ("triage", "closed"),
    ("received", "in_progress"),
    ("received", "awaiting_identity"),
    ("received", "answered"),
    ("received", "refused"),
    ("received", "closed"),
    ("in_progress", "awaiting_identity"),
    ("in_progress", "answered"),
    ("in_progress", "refused"),
    ("in_progress", "closed"),
    ("awaiting_identity", "in_progress"),
    ("awaiting_identity", "answered"),
    ("awaiting_identity", "refused"),
    ("awaiting_identity", "closed"),
    ("answered", "in_progress"),
    ("answered", "closed"),
    ("refused", "in_progress"),
    ("refused", "closed"),
)

CLOCK = """
ALTER TABLE privacy_rightsrequest
    ADD CONSTRAINT privacy_request_clock CHECK (
        received_on = (received_at AT TIME ZONE 'Europe/Brussels')::date
        AND policy_limit_on = received_on + 30
        AND legal_due_on >= received_on + interval '1 month'
        AND legal_due_on <= received_on + interval '1 month' + interval '7 days'
        AND target_on = least(policy_limit_on, (received_on + interval '1 month')::date)),
    -- Once, for a reason, and told within the first month (art. 12(3), TL-02).
    ADD CONSTRAINT privacy_request_extension_told_in_time CHECK (
        (extended_due_on IS NULL AND extension_told_at IS NULL AND extension_reason = '')
        OR (extended_due_on IS NOT NULL AND extension_told_at IS NOT NULL
            AND btrim(extension_reason) <> ''
            AND extension_told_at >= received_at
            AND (extension_told_at AT TIME ZONE 'Europe/Brussels')::date
                <= (received_on + interval '1 month')::date
            AND extended_due_on >= received_on + interval '3 months'
            AND extended_due_on <= received_on + interval '3 months' + interval '7 days'));

CREATE FUNCTION privacy_request_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status NOT IN ('awaiting_confirmation', 'triage', 'received') THEN
            RAISE EXCEPTION 'a request does not begin as %', NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_request_transition';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (__PAIRS__) THEN
        RAISE EXCEPTION 'a request does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_request_transition';
    END IF;
    IF (NEW.reference, NEW.pseudonym, NEW.received_at, NEW.received_on, NEW.legal_due_on,
        NEW.policy_limit_on, NEW.target_on)
        IS DISTINCT FROM (OLD.reference, OLD.pseudonym, OLD.received_at, OLD.received_on,
        OLD.legal_due_on, OLD.policy_limit_on, OLD.target_on) THEN
        RAISE EXCEPTION 'the receipt of a request never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_request_receipt';
    END IF;
    IF OLD.extended_due_on IS NOT NULL AND (NEW.extended_due_on, NEW.extension_told_at)
        IS DISTINCT FROM (OLD.extended_due_on, OLD.extension_told_at) THEN
        RAISE EXCEPTION 'a request is extended once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_request_extended_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal BEFORE INSERT OR UPDATE ON privacy_rightsrequest
    FOR EACH ROW EXECUTE FUNCTION privacy_request_guard();

-- Each step names the one before it: none can be left out, or put in between.
CREATE FUNCTION privacy_requestevent_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT number, hash INTO last FROM privacy_requestevent
        WHERE request = NEW.request ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1
        OR NEW.previous_hash <> coalesce(last.hash, '') THEN
        RAISE EXCEPTION 'step % does not follow the timeline', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_requestevent_follows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follows BEFORE INSERT ON privacy_requestevent
    FOR EACH ROW EXECUTE FUNCTION privacy_requestevent_follows();
SELECT consent_guard('privacy_requestevent');
""".replace("__PAIRS__", ", ".join(f"('{a}', '{b}')" for a, b in PAIRS))
REVERSE = """
DROP TRIGGER append_only_statement ON privacy_requestevent;
DROP TRIGGER follows ON privacy_requestevent;
DROP FUNCTION privacy_requestevent_follows();
DROP TRIGGER legal ON privacy_rightsrequest;
DROP FUNCTION privacy_request_guard();
ALTER TABLE privacy_rightsrequest DROP CONSTRAINT privacy_request_clock,
    DROP CONSTRAINT privacy_request_extension_told_in_time;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0010_contact"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestEvent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("request", models.UUIDField(verbose_name="demande")),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("filed", "demande reçue"),
                            ("entered", "demande enregistrée par le personnel"),
                            ("acknowledged", "accusé de réception envoyé"),
                            ("confirmed", "confirmée par le lien envoyé"),
                            ("accepted", "acceptée sans confirmation"),
                            ("to_triage", "sans confirmation après trois jours : à trier"),
                            ("assigned", "attribuée"),
                            ("started", "traitement commencé"),
                            ("identity_asked", "identification demandée"),
                            ("identity_received", "identification reçue"),
                            ("extended", "délai prolongé"),
                            ("written", "message écrit à la personne"),
                            ("heard", "message de la personne"),
                            ("noted", "note interne"),
                            ("alerted", "rappel au personnel"),
                            (
                                "deemed_refused",
                                "réputée rejetée selon la politique ; reste ouverte",
                            ),
                            ("incident", "manquement possible à l'art. 12, § 3"),
                            ("flag_cleared", "n'est plus réputée rejetée"),
                            ("answered", "réponse donnée"),
                            ("refused", "refusée"),
                            ("closed", "close"),
                            ("reopened", "rouverte"),
                        ],
                        max_length=20,
                        verbose_name="étape",
                    ),
                ),
                ("actor", models.UUIDField(null=True, verbose_name="par")),
                (
                    "content_hash",
                    models.CharField(blank=True, max_length=64, verbose_name="empreinte du texte"),
                ),
                ("details", models.JSONField(default=dict, verbose_name="détails")),
                ("previous_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64, verbose_name="empreinte")),
            ],
            options={
                "verbose_name": "étape d'une demande",
                "verbose_name_plural": "étapes des demandes",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "number"), name="privacy_requestevent_one_after_another"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "filed",
                                    "entered",
                                    "acknowledged",
                                    "confirmed",
                                    "accepted",
                                    "to_triage",
                                    "assigned",
                                    "started",
                                    "identity_asked",
                                    "identity_received",
                                    "extended",
                                    "written",
                                    "heard",
                                    "noted",
                                    "alerted",
                                    "deemed_refused",
                                    "incident",
                                    "flag_cleared",
                                    "answered",
                                    "refused",
                                    "closed",
                                    "reopened",
                                ],
                            )
                        ),
                        name="privacy_requestevent_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RightsRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=consent.log.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        editable=False, max_length=15, unique=True, verbose_name="référence"
                    ),
                ),
                ("pseudonym", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "rights",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), verbose_name="droits"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "site"),
                            ("email", "e-mail"),
                            ("post", "courrier"),
                            ("phone", "téléphone"),
                            ("counter", "sur place"),
                        ],
                        max_length=10,
                        verbose_name="canal",
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="nom")),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="adresse e-mail"),
                ),
                ("message", models.TextField(blank=True, max_length=5000, verbose_name="message")),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "fr"), ("nl", "nl"), ("de", "de"), ("en", "en")],
                        default="fr",
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("awaiting_confirmation", "en attente de confirmation"),
                            ("triage", "à trier"),
                            ("received", "reçue"),
                            ("in_progress", "en traitement"),
                            ("awaiting_identity", "en attente d'identification"),
                            ("answered", "répondue"),
                            ("refused", "refusée"),
                            ("closed", "close"),
                        ],
                        max_length=24,
                        verbose_name="état",
                    ),
                ),
                ("received_at", models.DateTimeField(verbose_name="reçue le")),
                ("received_on", models.DateField(verbose_name="jour de réception")),
                ("legal_due_on", models.DateField(verbose_name="échéance légale")),
                ("policy_limit_on", models.DateField(verbose_name="trente jours")),
                ("target_on", models.DateField(verbose_name="objectif")),
                (
                    "extended_due_on",
                    models.DateField(blank=True, null=True, verbose_name="échéance prolongée"),
                ),
                (
                    "extension_reason",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="motif de la prolongation"
                    ),
                ),
                (
                    "extension_told_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="prolongation annoncée le"
                    ),
                ),
                (
                    "identity_asked_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="identification demandée le"
                    ),
                ),
                (
                    "identity_reason",
                    models.TextField(blank=True, max_length=2000, verbose_name="motif du doute"),
                ),
                (
                    "identity_came_on",
                    models.DateField(blank=True, null=True, verbose_name="identification reçue le"),
                ),
                (
                    "followed_up_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="première suite le"
                    ),
                ),
                (
                    "deemed_refused_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="réputée rejetée depuis le"
                    ),
                ),
                (
                    "alerts_given",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), default=list, editable=False
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="confirmée le"),
                ),
                ("link_number", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "sending",
                    models.CharField(blank=True, db_index=True, editable=False, max_length=64),
                ),
                (
                    "refusal_ground",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unfounded", "manifestement infondée (art. 12, § 5)"),
                            (
                                "excessive",
                                "excessive, avec intention abusive prouvée (art. 12, § 5)",
                            ),
                            (
                                "unidentified",
                                "personne impossible à identifier (art. 11 et 12, § 2)",
                            ),
                            ("legal_duty", "obligation légale de conserver (art. 17, § 3)"),
                            ("rights_of_others", "droits d'autres personnes (art. 15, § 4)"),
                            ("legal_claims", "droit en justice (art. 17, § 3, e)"),
                            ("not_applicable", "droit sans objet dans ce cas"),
                        ],
                        max_length=20,
                        verbose_name="motif légal du refus",
                    ),
                ),
                (
                    "refusal_reason",
                    models.TextField(blank=True, max_length=5000, verbose_name="raisons du refus"),
                ),
                (
                    "refusal_evidence",
                    models.TextField(blank=True, max_length=5000, verbose_name="preuves"),
                ),
                (
                    "decided_by",
                    models.UUIDField(editable=False, null=True, verbose_name="décidée par"),
                ),
                (
                    "ended_at",
                    models.DateTimeField(
                        db_index=True, editable=False, null=True, verbose_name="terminée le"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="requests",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="suivie par",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="requests",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "demande",
                "verbose_name_plural": "demandes",
                "permissions": [
                    ("handle_rightsrequest", "Peut traiter les demandes"),
                    ("decide_rightsrequest", "Peut refuser, prolonger et clore les demandes"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=consent.log.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[
                            ("in", "de la personne"),
                            ("out", "à la personne"),
                            ("note", "note interne"),
                        ],
                        max_length=4,
                        verbose_name="sens",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="objet")),
                ("body", models.TextField(max_length=20000, verbose_name="texte")),
                ("written_at", models.DateTimeField(verbose_name="écrit le")),
                (
                    "mailed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="parti le"),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="messages",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "message d'une demande",
                "verbose_name_plural": "messages des demandes",
            },
        ),
        migrations.CreateModel(
            name="StaffToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=consent.log.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(verbose_name="fait le")),
                ("ends_at", models.DateTimeField(verbose_name="valable jusqu'au")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="retiré le")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="tokens",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "clé de l'API",
                "verbose_name_plural": "clés de l'API",
            },
        ),
        migrations.AddIndex(
            model_name="rightsrequest",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "awaiting_confirmation",
                            "triage",
                            "received",
                            "in_progress",
                            "awaiting_identity",
                        ],
                    )
                ),
                fields=["legal_due_on", "id"],
                name="privacy_request_open",
            ),
        ),
        migrations.AddIndex(
            model_name="rightsrequest",
            index=models.Index(fields=["legal_due_on", "id"], name="privacy_request_due"),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "awaiting_confirmation",
                            "triage",
                            "received",
                            "in_progress",
                            "awaiting_identity",
                            "answered",
                            "refused",
                            "closed",
                        ],
                    )
                ),
                name="privacy_request_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel__in", ["portal", "email", "post", "phone", "counter"])
                ),
                name="privacy_request_channel_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ("fr", "nl", "de", "en"))),
                name="privacy_request_language_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rights__contained_by",
                        [
                            "access",
                            "rectification",
                            "erasure",
                            "restriction",
                            "objection",
                            "withdrawal",
                            "portability",
                            "other",
                        ],
                    ),
                    ("rights__len__gte", 1),
                ),
                name="privacy_request_rights_known",
                violation_error_message="Choisissez au moins un droit.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "refusal_ground__in",
                        [
                            "",
                            "unfounded",
                            "excessive",
                            "unidentified",
                            "legal_duty",
                            "rights_of_others",
                            "legal_claims",
                            "not_applicable",
                        ],
                    )
                ),
                name="privacy_request_refusal_ground_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "refused"), _negated=True),
                    models.Q(
                        models.Q(("refusal_ground", ""), _negated=True),
                        models.Q(("refusal_reason", ""), _negated=True),
                        models.Q(("refusal_evidence", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="privacy_request_refused_with_reasons",
                violation_error_message="Un refus a un motif, des raisons et des preuves.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_by__isnull", False),
                        ("ended_at__isnull", False),
                        ("status__in", ["answered", "refused", "closed"]),
                    ),
                    models.Q(
                        ("ended_at__isnull", True),
                        (
                            "status__in",
                            [
                                "awaiting_confirmation",
                                "triage",
                                "received",
                                "in_progress",
                                "awaiting_identity",
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="privacy_request_ended_by_somebody",
                violation_error_message="Seule une personne met fin à une demande.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("identity_asked_on__isnull", True), ("identity_came_on__isnull", True)
                    ),
                    models.Q(
                        ("identity_asked_on__gte", models.F("received_on")),
                        models.Q(("identity_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="privacy_request_identity_with_reason",
                violation_error_message=(
                    "Demander un justificatif exige un doute raisonnable, écrit."
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="requestmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ["in", "out", "note"])),
                name="privacy_requestmessage_direction_known",
            ),
        ),
        migrations.RunSQL(CLOCK, REVERSE),
    ]
