"""Answers to conformity warnings, the preset that staff chose, the right to publish."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0006_append_choice")]

    operations = [
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "warning",
                    models.CharField(db_index=True, max_length=20, verbose_name="avertissement"),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("quoted", models.JSONField(verbose_name="ce qui était cité")),
                ("reason", models.TextField(verbose_name="motif")),
                ("publication", models.PositiveIntegerField(null=True, verbose_name="version")),
                ("actor", models.UUIDField(null=True, verbose_name="par")),
                ("at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "avertissement de conformité",
                "verbose_name_plural": "conformité",
            },
        ),
        migrations.RunSQL(
            "SELECT consent_guard('consent_acknowledgement')",
            "DROP TRIGGER append_only_statement ON consent_acknowledgement",
        ),
        migrations.AlterModelOptions(
            name="publication",
            options={
                "permissions": [("publish_publication", "Can publish the draft, and discard it")],
                "verbose_name": "version publiée",
                "verbose_name_plural": "versions publiées",
            },
        ),
        migrations.AddField(
            model_name="control",
            name="policy_preset",
            field=models.CharField(
                blank=True,
                choices=[
                    ("politique", "la politique, telle qu'écrite"),
                    ("strict_be_fr", "les recommandations des autorités"),
                ],
                db_default="",
                default="",
                editable=False,
                max_length=20,
                verbose_name="préréglage choisi",
            ),
        ),
        migrations.AddConstraint(
            model_name="control",
            constraint=models.CheckConstraint(
                condition=models.Q(("policy_preset__in", ["", "politique", "strict_be_fr"])),
                name="consent_control_policy_preset_known",
            ),
        ),
    ]
