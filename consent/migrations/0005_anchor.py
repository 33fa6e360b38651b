"""Anchors of the sealed log, and pictures of what was shown."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0004_seals"),
    ]

    operations = [
        migrations.CreateModel(
            name="Anchor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="le")),
                ("seal", models.PositiveBigIntegerField(verbose_name="sceau")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte du sceau")),
                (
                    "kind",
                    models.CharField(
                        choices=[("mail", "courrier"), ("timestamp", "horodatage (RFC 3161)")],
                        max_length=10,
                        verbose_name="sorte",
                    ),
                ),
                ("destination", models.CharField(max_length=500, verbose_name="destination")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("sent", "envoyée"), ("failed", "échec")],
                        max_length=10,
                        verbose_name="résultat",
                    ),
                ),
                ("problem", models.TextField(blank=True, verbose_name="problème")),
                ("file", models.JSONField(default=dict, verbose_name="fichier")),
            ],
            options={
                "verbose_name": "ancre du journal",
                "verbose_name_plural": "ancres du journal",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["mail", "timestamp"])),
                        name="consent_anchor_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome", "sent"),
                                ("problem", ""),
                                models.Q(("file", {}), _negated=True),
                            ),
                            models.Q(
                                ("file", {}),
                                ("outcome", "failed"),
                                models.Q(("problem", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="consent_anchor_outcome_is_sent_or_says_why_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "layer",
                    models.CharField(
                        choices=[("banner", "bandeau"), ("preferences", "choix détaillés")],
                        max_length=12,
                        verbose_name="écran",
                    ),
                ),
                ("width", models.PositiveSmallIntegerField(verbose_name="largeur (pixels)")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("png", models.BinaryField(verbose_name="PNG")),
                ("taken_at", models.DateTimeField(verbose_name="prise le")),
                (
                    "revision",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="consent.revision",
                        verbose_name="révision",
                    ),
                ),
            ],
            options={
                "verbose_name": "image de ce qui était montré",
                "verbose_name_plural": "images de ce qui était montré",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("revision", "layer", "width"), name="consent_picture_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("layer__in", ["banner", "preferences"])),
                        name="consent_picture_layer_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT consent_guard('consent_anchor'), consent_guard('consent_picture')",
            "DROP TRIGGER append_only_statement ON consent_anchor;"
            " DROP TRIGGER append_only_statement ON consent_picture",
        ),
    ]
