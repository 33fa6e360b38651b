"""Copies of people's data, and the keys of their files."""

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids
import privacy.encryption
import privacy.models.archive


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0011_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "copie de mes données (accès)"),
                            ("portability", "données à emporter (portabilité)"),
                        ],
                        max_length=11,
                        verbose_name="sorte",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "en attente"),
                            ("building", "en préparation"),
                            ("ready", "prête"),
                            ("gone", "effacée"),
                            ("failed", "échouée"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "fr"), ("nl", "nl"), ("de", "de"), ("en", "en")],
                        default="fr",
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="demandée le")),
                (
                    "ready_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="prête le"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="effacée après le"
                    ),
                ),
                (
                    "downloads",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="téléchargements"
                    ),
                ),
                (
                    "percent",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="avancement (%)"
                    ),
                ),
                (
                    "size",
                    models.PositiveBigIntegerField(
                        default=0, editable=False, verbose_name="taille (octets)"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        default=privacy.models.archive.new_name,
                        max_length=32,
                        unique=True,
                        verbose_name="fichier",
                    ),
                ),
                (
                    "key",
                    privacy.encryption.EncryptedField(
                        editable=False, null=True, verbose_name="clé"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="archives",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "copie de données",
                "verbose_name_plural": "copies de données",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "ready")),
                        fields=["expires_at"],
                        name="privacy_archive_expiry",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["access", "portability"])),
                        name="privacy_archive_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "building", "ready", "gone", "failed"])
                        ),
                        name="privacy_archive_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ("fr", "nl", "de", "en"))),
                        name="privacy_archive_language_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("downloads__lte", 5)),
                        name="privacy_archive_few_downloads",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__lte", 100)), name="privacy_archive_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("expires_at__isnull", False),
                                ("key__isnull", False),
                                ("ready_at__isnull", False),
                                ("state", "ready"),
                            ),
                            models.Q(
                                models.Q(("state", "ready"), _negated=True), ("key__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="privacy_archive_key_while_ready",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "building"])),
                        fields=("person", "kind"),
                        name="privacy_archive_one_at_a_time",
                        violation_error_message="Une copie de cette sorte est déjà en préparation.",
                    ),
                ],
            },
        ),
    ]
