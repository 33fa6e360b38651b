"""Acts that wait for a second person, recipients to tell, values to correct."""

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids
import privacy.encryption

# What was proposed, and a decision, never change: what is approved is what was proposed.
PROPOSED = """
CREATE FUNCTION privacy_approval_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.request_id, NEW.act, NEW.data, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.request_id, OLD.act, OLD.data, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'what was proposed never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_approval_as_proposed';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('waiting', 'approved'), ('waiting', 'done'), ('waiting', 'declined'),
        ('approved', 'done'), ('approved', 'dropped')) THEN
        RAISE EXCEPTION 'an approval does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_approval_transition';
    END IF;
    IF OLD.state <> 'waiting' AND (NEW.decided_by, NEW.decided_at)
        IS DISTINCT FROM (OLD.decided_by, OLD.decided_at) THEN
        RAISE EXCEPTION 'a decision never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_approval_decided_once';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION privacy_approval_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'waiting' THEN
        RAISE EXCEPTION 'an approval begins waiting'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_approval_transition';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON privacy_approval
    FOR EACH ROW EXECUTE FUNCTION privacy_approval_guard();
CREATE TRIGGER begins BEFORE INSERT ON privacy_approval
    FOR EACH ROW EXECUTE FUNCTION privacy_approval_begins();
"""
REVERSE = """
DROP TRIGGER begins ON privacy_approval;
DROP TRIGGER guard ON privacy_approval;
DROP FUNCTION privacy_approval_begins();
DROP FUNCTION privacy_approval_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0014_steps_known"),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
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
                ("act", models.SlugField(max_length=30, verbose_name="acte")),
                ("data", models.JSONField(default=dict, verbose_name="détails")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "attend une seconde personne"),
                            ("approved", "approuvé, en cours"),
                            ("done", "fait"),
                            ("declined", "écarté"),
                            ("dropped", "abandonné : les données ont changé"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                ("proposed_by", models.UUIDField(verbose_name="proposé par")),
                ("proposed_at", models.DateTimeField(verbose_name="proposé le")),
                ("decided_by", models.UUIDField(null=True, verbose_name="décidé par")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="décidé le")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="approvals",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "acte à approuver",
                "verbose_name_plural": "actes à approuver",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "approved", "done", "declined", "dropped"])
                        ),
                        name="privacy_approval_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("state", "waiting"),
                            ),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="privacy_approval_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "declined"]),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="privacy_approval_two_people",
                        violation_error_message="Une autre personne doit donner le second accord.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "approved"])),
                        fields=("request",),
                        name="privacy_approval_one_at_a_time",
                        violation_error_message="Un acte attend déjà un second accord.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Correction",
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
                ("field", models.SlugField(max_length=30, verbose_name="donnée")),
                (
                    "old",
                    privacy.encryption.EncryptedField(
                        blank=True, default="", verbose_name="ancienne valeur"
                    ),
                ),
                (
                    "new",
                    privacy.encryption.EncryptedField(
                        blank=True, default="", verbose_name="valeur proposée"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "à examiner"),
                            ("accepted", "acceptée"),
                            ("refused", "refusée"),
                        ],
                        default="proposed",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="proposée le")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="décidée le")),
                ("decided_by", models.UUIDField(null=True, verbose_name="décidée par")),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="motif")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="corrections",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction demandée",
                "verbose_name_plural": "corrections demandées",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["proposed", "accepted", "refused"])),
                        name="privacy_correction_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "proposed")),
                            models.Q(
                                models.Q(("state", "proposed"), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="privacy_correction_decided_with_reason",
                        violation_error_message="Une décision sur une correction a un motif.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("request", "field"),
                        name="privacy_correction_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipientTask",
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
                ("recipient", models.SlugField(verbose_name="catégorie de destinataire")),
                ("recipient_name", models.CharField(max_length=200, verbose_name="destinataire")),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("erasure", "effacement"),
                            ("rectification", "correction"),
                            ("restriction", "limitation"),
                        ],
                        max_length=13,
                        verbose_name="à prévenir de",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="à prévenir avant le")),
                ("told_at", models.DateTimeField(null=True, verbose_name="prévenu le")),
                ("told_by", models.UUIDField(null=True, verbose_name="prévenu par")),
                ("how", models.CharField(blank=True, max_length=500, verbose_name="comment")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="recipient_tasks",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "destinataire à prévenir",
                "verbose_name_plural": "destinataires à prévenir",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("why__in", ["erasure", "rectification", "restriction"])
                        ),
                        name="privacy_recipienttask_why_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("how", ""), ("told_at__isnull", True), ("told_by__isnull", True)
                            ),
                            models.Q(
                                ("told_at__isnull", False),
                                ("told_by__isnull", False),
                                models.Q(("how", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="privacy_recipienttask_told_somehow",
                        violation_error_message="Dites comment le destinataire a été prévenu.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("told_at__isnull", True)),
                        fields=("request", "recipient", "recipient_name", "why"),
                        name="privacy_recipienttask_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(PROPOSED, REVERSE),
    ]
