"""Replies know how far they came; a message knows when the person answered."""

from django.db import migrations, models

STATES = [
    ("waiting", "pas encore partie"),
    ("sending", "en train de partir"),
    ("sent", "envoyée"),
    ("refused", "refusée par le courrier de la personne"),
    ("unknown", "peut-être partie : issue inconnue"),
]


def state(default):
    return models.CharField(
        choices=STATES, default=default, editable=False, max_length=8, verbose_name="état"
    )


class Migration(migrations.Migration):
    dependencies = [("privacy", "0009_marketing")]

    operations = [
        migrations.AddField(
            model_name="contactmessage",
            name="last_answer_at",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="la personne a répondu le"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(language__in=("fr", "nl", "de", "en")),
                name="privacy_contactmessage_language_known",
            ),
        ),
        # Replies from before this migration were written down after they had left.
        migrations.AddField(model_name="contactreply", name="state", field=state("sent")),
        migrations.AlterField(model_name="contactreply", name="state", field=state("waiting")),
        migrations.AlterField(
            model_name="contactreply",
            name="sent_at",
            field=models.DateTimeField(null=True, verbose_name="envoyée le"),
        ),
        migrations.AddConstraint(
            model_name="contactreply",
            constraint=models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sending", "sent", "refused", "unknown"]),
                name="privacy_contactreply_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactreply",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "sent"), _negated=True)
                | models.Q(sent_at__isnull=False),
                name="privacy_contactreply_sent_has_moment",
            ),
        ),
    ]
