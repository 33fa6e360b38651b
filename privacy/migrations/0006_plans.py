"""Plans of erasure, their batches, and the evidence that stays."""

import secrets
import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import consent.log.ids


def make_key(apps, schema_editor):
    """The key of keyed hashes is in every backup: a journal outlives the database it is about."""
    keys = apps.get_model("privacy", "DataKey").objects.using(schema_editor.connection.alias)
    keys.get_or_create(name="hash", defaults={"key": secrets.token_hex(32)})


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0004_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasureEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run", models.UUIDField(db_index=True, verbose_name="exécution")),
                ("pseudonym", models.UUIDField(null=True, verbose_name="pseudonyme")),
                ("source", models.CharField(max_length=60, verbose_name="sorte de données")),
                ("rows", models.PositiveIntegerField(verbose_name="lignes")),
                ("action", models.CharField(max_length=10, verbose_name="action")),
                ("rule", models.CharField(max_length=60, verbose_name="règle")),
                ("at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "preuve d'effacement",
                "verbose_name_plural": "preuves d'effacement",
            },
        ),
        migrations.CreateModel(
            name="ErasureBatch",
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
                ("run", models.UUIDField(db_index=True, verbose_name="exécution")),
                ("rule", models.CharField(max_length=60, verbose_name="règle")),
                ("started_at", models.DateTimeField(verbose_name="commencé le")),
                ("sequence", models.BigIntegerField(null=True, verbose_name="numéro au journal")),
                ("done_at", models.DateTimeField(null=True, verbose_name="terminé le")),
            ],
            options={
                "verbose_name": "lot d'effacement",
                "verbose_name_plural": "lots d'effacement",
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["started_at"],
                        name="privacy_batch_interrupted",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ErasurePlan",
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
                ("kind", models.CharField(max_length=20, verbose_name="sorte")),
                ("rule", models.CharField(max_length=60, verbose_name="règle")),
                ("as_of", models.DateTimeField(verbose_name="état au")),
                ("counts", models.JSONField(default=dict, verbose_name="lignes")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="empreinte")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "à approuver"),
                            ("approved", "approuvé"),
                            ("executing", "en cours"),
                            ("executed", "exécuté"),
                        ],
                        default="planned",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approuvé le")),
                ("executed_at", models.DateTimeField(null=True, verbose_name="exécuté le")),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approuvé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan d'effacement",
                "verbose_name_plural": "plans d'effacement",
            },
        ),
        migrations.CreateModel(
            name="PlannedPerson",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64, verbose_name="empreinte")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("", "—"), ("erased", "effacé"), ("kept", "gardé")],
                        default="",
                        max_length=6,
                        verbose_name="issue",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="+",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="people",
                        to="privacy.erasureplan",
                        verbose_name="plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "personne d'un plan",
                "verbose_name_plural": "personnes d'un plan",
            },
        ),
        migrations.CreateModel(
            name="Pseudonym",
            fields=[
                (
                    "pseudonym",
                    models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False),
                ),
                ("run", models.UUIDField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="+",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "pseudonyme",
                "verbose_name_plural": "pseudonymes",
            },
        ),
        migrations.AddConstraint(
            model_name="erasureplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at__isnull", True), ("state", "planned")),
                    models.Q(
                        models.Q(("state", "planned"), _negated=True),
                        ("approved_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="privacy_plan_approved_before_deed",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasureplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("executed_at__isnull", False), ("state", "executed")),
                    models.Q(
                        models.Q(("state", "executed"), _negated=True),
                        ("executed_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="privacy_plan_executed_has_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedperson",
            constraint=models.UniqueConstraint(
                fields=("plan", "person"), name="privacy_plannedperson_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pseudonym",
            constraint=models.UniqueConstraint(
                fields=("person", "run"), name="privacy_pseudonym_once_a_run"
            ),
        ),
        migrations.AddConstraint(
            model_name="erasureplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["planned", "approved", "executing", "executed"])),
                name="privacy_plan_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedperson",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "erased", "kept"])),
                name="privacy_plannedperson_outcome_known",
            ),
        ),
        migrations.RunSQL(
            "SELECT consent_guard('privacy_erasureevidence')",
            "DROP TRIGGER append_only_statement ON privacy_erasureevidence",
        ),
        migrations.RunPython(make_key, migrations.RunPython.noop),
    ]
