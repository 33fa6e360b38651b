"""The register of personal-data breaches: its 72 hours, its timeline, the letters (art. 33, 34)."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import consent.fields
import consent.log.ids

GUARD = """
ALTER TABLE privacy_breach ADD CONSTRAINT privacy_breach_clock
    CHECK (due_at = aware_at + interval '72 hours');

CREATE FUNCTION privacy_breach_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a breach stays in the register (GDPR art. 33(5))'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_breach_stays';
    END IF;
    IF (NEW.id, NEW.reference, NEW.aware_at, NEW.due_at, NEW.recorded_at, NEW.recorded_by)
        IS DISTINCT FROM (OLD.id, OLD.reference, OLD.aware_at, OLD.due_at, OLD.recorded_at,
        OLD.recorded_by) THEN
        RAISE EXCEPTION 'when a breach became known never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_breach_awareness';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal BEFORE UPDATE OR DELETE ON privacy_breach
    FOR EACH ROW EXECUTE FUNCTION privacy_breach_guard();

-- Each step names the one before it: none can be left out, or put in between.
CREATE FUNCTION privacy_breachevent_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT number, hash INTO last FROM privacy_breachevent
        WHERE breach = NEW.breach ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1
        OR NEW.previous_hash <> coalesce(last.hash, '') THEN
        RAISE EXCEPTION 'step % does not follow the timeline', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_breachevent_follows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follows BEFORE INSERT ON privacy_breachevent
    FOR EACH ROW EXECUTE FUNCTION privacy_breachevent_follows();
SELECT consent_guard('privacy_breachevent');
"""
REVERSE = """
DROP TRIGGER append_only_statement ON privacy_breachevent;
DROP TRIGGER follows ON privacy_breachevent;
DROP FUNCTION privacy_breachevent_follows();
DROP TRIGGER legal ON privacy_breach;
DROP FUNCTION privacy_breach_guard();
ALTER TABLE privacy_breach DROP CONSTRAINT privacy_breach_clock;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0020_inbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="Breach",
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
                        editable=False, max_length=14, unique=True, verbose_name="référence"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="en bref")),
                ("aware_at", models.DateTimeField(verbose_name="connue depuis le")),
                (
                    "due_at",
                    models.DateTimeField(editable=False, verbose_name="à annoncer avant le"),
                ),
                ("recorded_at", models.DateTimeField(editable=False, verbose_name="notée le")),
                ("recorded_by", models.UUIDField(editable=False, verbose_name="notée par")),
                ("happened", models.TextField(max_length=10000, verbose_name="ce qui s'est passé")),
                (
                    "data_categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        verbose_name="sortes de données",
                    ),
                ),
                (
                    "people_categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        verbose_name="sortes de personnes",
                    ),
                ),
                (
                    "records_count",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="nombre approximatif d'enregistrements"
                    ),
                ),
                (
                    "people_count",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="nombre approximatif de personnes"
                    ),
                ),
                (
                    "consequences",
                    models.TextField(
                        blank=True, max_length=10000, verbose_name="conséquences probables"
                    ),
                ),
                (
                    "measures",
                    models.TextField(
                        blank=True, max_length=10000, verbose_name="mesures prises ou proposées"
                    ),
                ),
                (
                    "risk",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "pas encore évalué"),
                            ("none", "aucun risque vraisemblable : personne à prévenir"),
                            ("risk", "risque : prévenir l'autorité"),
                            ("high", "risque élevé : prévenir l'autorité et les personnes"),
                        ],
                        max_length=8,
                        verbose_name="risque",
                    ),
                ),
                (
                    "risk_reasons",
                    models.TextField(
                        blank=True, max_length=5000, verbose_name="pourquoi ce risque"
                    ),
                ),
                (
                    "authority_told_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="annoncée à l'autorité le"
                    ),
                ),
                (
                    "authority_reference",
                    models.CharField(
                        blank=True, max_length=100, verbose_name="référence de l'autorité"
                    ),
                ),
                (
                    "late_reasons",
                    models.TextField(blank=True, max_length=5000, verbose_name="raisons du retard"),
                ),
                (
                    "people_told_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="personnes prévenues le"
                    ),
                ),
                (
                    "not_told_reasons",
                    models.TextField(
                        blank=True,
                        max_length=5000,
                        verbose_name="pourquoi les personnes ne sont pas prévenues",
                    ),
                ),
                (
                    "notice",
                    consent.fields.TranslatedField(
                        blank=True,
                        default=consent.fields.no_text,
                        verbose_name="texte aux personnes",
                    ),
                ),
                (
                    "is_telling",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="lettres en route"
                    ),
                ),
                (
                    "reminders_given",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), default=list, editable=False
                    ),
                ),
                (
                    "closed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="close le"),
                ),
            ],
            options={
                "verbose_name": "violation de données",
                "verbose_name_plural": "violations de données",
                "indexes": [
                    models.Index(fields=["-aware_at", "-id"], name="privacy_breach_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("notice__has_keys", ["fr", "nl", "de", "en"])),
                        name="privacy_breach_notice_four_languages",
                        violation_error_message="Il faut un texte par langue : fr, nl, de, en.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk__in", ["", "none", "risk", "high"])),
                        name="privacy_breach_risk_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("aware_at__lte", models.F("recorded_at"))),
                        name="privacy_breach_known_before_recorded",
                        violation_error_message="Ce moment est encore à venir.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("risk", ""),
                            models.Q(("risk_reasons", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="privacy_breach_risk_with_reasons",
                        violation_error_message=(
                            "L'évaluation du risque se motive : dites pourquoi."
                        ),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("authority_told_at__isnull", True),
                            ("authority_told_at__gte", models.F("aware_at")),
                            _connector="OR",
                        ),
                        name="privacy_breach_told_after_known",
                        violation_error_message=(
                            "L'autorité ne peut être prévenue avant que la violation soit connue."
                        ),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("authority_told_at__isnull", True),
                            ("authority_told_at__lte", models.F("due_at")),
                            models.Q(("late_reasons", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="privacy_breach_late_with_reasons",
                        violation_error_message=(
                            "Annoncée plus de 72 heures après : donnez les raisons du retard "
                            "(art. 33, § 1)."
                        ),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("people_told_at__isnull", True),
                            ("people_told_at__gte", models.F("aware_at")),
                            _connector="OR",
                        ),
                        name="privacy_breach_people_told_after_known",
                        violation_error_message=(
                            "Les personnes ne peuvent être prévenues avant que la violation "
                            "soit connue."
                        ),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True),
                            ("risk", "none"),
                            models.Q(
                                ("authority_told_at__isnull", False),
                                models.Q(
                                    ("risk", "risk"),
                                    models.Q(
                                        ("risk", "high"),
                                        models.Q(
                                            ("people_told_at__isnull", False),
                                            models.Q(("not_told_reasons", ""), _negated=True),
                                            _connector="OR",
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="privacy_breach_closed_when_all_is_done",
                        violation_error_message=(
                            "Avant de clore : évaluez le risque, prévenez l'autorité s'il y en "
                            "a un, et les personnes s'il est élevé (ou dites pourquoi non, "
                            "art. 34, § 3)."
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreachEvent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("breach", models.UUIDField(verbose_name="violation")),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("recorded", "violation notée"),
                            ("changed", "description changée"),
                            ("assessed", "risque évalué"),
                            ("reminded", "rappel aux responsables"),
                            ("authority_told", "annoncée à l'autorité"),
                            ("exported", "formulaire de l'autorité exporté"),
                            ("notices_ordered", "lettres aux personnes commandées"),
                            ("notices_sent", "lettres aux personnes parties"),
                            ("people_told", "personnes prévenues"),
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
                "verbose_name": "étape d'une violation",
                "verbose_name_plural": "étapes des violations",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("breach", "number"), name="privacy_breachevent_one_after_another"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "recorded",
                                    "changed",
                                    "assessed",
                                    "reminded",
                                    "authority_told",
                                    "exported",
                                    "notices_ordered",
                                    "notices_sent",
                                    "people_told",
                                    "closed",
                                    "reopened",
                                ],
                            )
                        ),
                        name="privacy_breachevent_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreachNotice",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "prévu"),
                            ("sending", "remis au serveur"),
                            ("sent", "envoyé"),
                            ("skipped", "plus permis au moment de l'envoi"),
                            ("refused", "refusé par le serveur de courrier"),
                            ("unknown", "issue inconnue"),
                        ],
                        default="planned",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "breach",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="notices",
                        to="privacy.breach",
                        verbose_name="violation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="breach_notices",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "lettre au sujet d'une violation",
                "verbose_name_plural": "lettres au sujet de violations",
                "indexes": [
                    models.Index(fields=["breach", "state"], name="privacy_breachnotice_by_state"),
                    models.Index(
                        condition=models.Q(("state__in", ["planned", "sending"])),
                        fields=["at"],
                        name="privacy_breachnotice_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("breach", "person"), name="privacy_breachnotice_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["planned", "sending", "sent", "skipped", "refused", "unknown"],
                            )
                        ),
                        name="privacy_breachnotice_state_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, REVERSE),
    ]
