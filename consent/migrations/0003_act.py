"""The append-only journal of what staff do."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_evidence")]

    operations = [
        migrations.CreateModel(
            name="Act",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_index=True, verbose_name="le")),
                ("actor", models.UUIDField(null=True, verbose_name="par")),
                ("act", models.CharField(max_length=60, verbose_name="acte")),
                ("target", models.CharField(blank=True, max_length=200, verbose_name="objet")),
                ("details", models.JSONField(default=dict, verbose_name="détails")),
            ],
            options={
                "verbose_name": "acte du personnel",
                "verbose_name_plural": "actes du personnel",
            },
        ),
        migrations.RunSQL(
            "SELECT consent_guard('consent_act')",
            "DROP TRIGGER append_only_statement ON consent_act",
        ),
    ]
