from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0012_archives"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="contactmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["", "handled", "no_further_action", "transferred", "silence"])
                ),
                name="privacy_contactmessage_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(("refiled_as__in", ["", "contract", "complaint", "rights"])),
                name="privacy_contactmessage_refiled_as_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["account", "link", "one_click", "staff", "request"])
                ),
                name="privacy_objection_source_known",
            ),
        ),
    ]
