"""That each mail of the privacy inbox was taken once, and what it became."""

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0019_request_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="InboxMail",
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
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="empreinte")),
                (
                    "content_digest",
                    models.CharField(
                        max_length=64, unique=True, verbose_name="empreinte du contenu"
                    ),
                ),
                ("arrived_at", models.DateTimeField(verbose_name="arrivé le")),
                ("taken_at", models.DateTimeField(verbose_name="importé le")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("request", "demande à trier"),
                            ("heard", "message d'une demande"),
                            ("bounced", "lettre revenue"),
                            ("automatic", "réponse automatique, ignorée"),
                        ],
                        max_length=10,
                        verbose_name="devenu",
                    ),
                ),
                (
                    "no_request_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="pas une demande, dit le"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="mails",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail de la boîte",
                "verbose_name_plural": "e-mails de la boîte",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["request", "heard", "bounced", "automatic"])
                        ),
                        name="privacy_inboxmail_outcome_known",
                    )
                ],
            },
        ),
    ]
