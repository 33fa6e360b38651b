"""Acceptances that end by themselves: their words, and one end each."""

from django.db import migrations, models

# One statement, so that what it locks is free at once. Rows are checked by 0010_ended_online.
WORDS = """
ALTER TABLE consent_record
    DROP CONSTRAINT consent_record_event_known,
    ADD CONSTRAINT consent_record_event_known CHECK (
        event IN ('given', 'refused', 'withdrawn', 'expired', 'superseded')) NOT VALID,
    DROP CONSTRAINT consent_record_source_known,
    ADD CONSTRAINT consent_record_source_known CHECK (source IN (
        'banner', 'preferences', 'page', 'placeholder', 'account', 'script', 'api', 'automatic'
    )) NOT VALID,
    ADD CONSTRAINT consent_record_end_is_automatic CHECK (
        (event IN ('expired', 'superseded')) = (source = 'automatic')) NOT VALID,
    ADD CONSTRAINT consent_record_end_names CHECK (
        event NOT IN ('expired', 'superseded') OR previous IS NOT NULL) NOT VALID
"""
NO_WORDS = """
ALTER TABLE consent_record
    DROP CONSTRAINT consent_record_event_known,
    ADD CONSTRAINT consent_record_event_known CHECK (
        event IN ('given', 'refused', 'withdrawn')) NOT VALID,
    DROP CONSTRAINT consent_record_source_known,
    ADD CONSTRAINT consent_record_source_known CHECK (source IN (
        'banner', 'preferences', 'page', 'placeholder', 'account', 'script', 'api')) NOT VALID,
    DROP CONSTRAINT consent_record_end_is_automatic,
    DROP CONSTRAINT consent_record_end_names
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0008_counters")]

    operations = [
        migrations.CreateModel(
            name="Ended",
            fields=[
                (
                    "acceptance",
                    models.UUIDField(primary_key=True, serialize=False, verbose_name="accord"),
                ),
                ("record", models.UUIDField(unique=True, verbose_name="preuve de sa fin")),
                ("at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "accord terminé",
                "verbose_name_plural": "accords terminés",
            },
        ),
        migrations.CreateModel(
            name="EndsWritten",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("day", models.DateField(null=True)),
                ("notice", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="consent_endswritten_one_row"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT consent_guard('consent_ended')",
            "DROP TRIGGER append_only_statement ON consent_ended",
        ),
        migrations.RunSQL(WORDS, NO_WORDS),
    ]
