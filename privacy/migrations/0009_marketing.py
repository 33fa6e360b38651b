"""Who was told of a new policy; a person for each account that was confirmed before."""

from typing import Any
from zoneinfo import ZoneInfo

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids

BRUSSELS = ZoneInfo("Europe/Brussels")


def open_spaces(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    person, user = apps.get_model("privacy", "DataSubject"), apps.get_model("privacy", "User")
    waiting = user.objects.using(alias).filter(is_active=True, is_staff=False, subject__isnull=True)
    person.objects.using(alias).bulk_create(
        [
            person(
                account=account,
                email=account.email,
                last_name=account.name[:100],
                language=account.language,
                account_opened_on=account.date_joined.astimezone(BRUSSELS).date(),
            )
            for account in waiting.iterator(chunk_size=1000)
        ],
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0008_restriction"),
    ]

    operations = [
        migrations.AlterField(
            model_name="campaigndelivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "prévu"),
                    ("sending", "remis au serveur"),
                    ("sent", "envoyé"),
                    ("skipped", "plus permis au moment de l'envoi"),
                    ("refused", "refusé par le serveur de courrier"),
                    ("unknown", "issue inconnue"),
                ],
                default="planned",
                max_length=8,
                verbose_name="état",
            ),
        ),
        migrations.CreateModel(
            name="PolicyNotice",
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
                ("publication", models.PositiveIntegerField(verbose_name="version")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "prévu"),
                            ("sending", "remis au serveur"),
                            ("sent", "envoyé"),
                            ("skipped", "plus permis au moment de l'envoi"),
                            ("refused", "refusé par le serveur de courrier"),
                            ("unknown", "issue inconnue"),
                        ],
                        default="planned",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="policy_notices",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
            ],
            options={
                "verbose_name": "avis de changement de la politique",
                "verbose_name_plural": "avis de changement de la politique",
                "indexes": [
                    models.Index(fields=["publication", "state"], name="privacy_notice_by_state"),
                    models.Index(
                        fields=["at"],
                        name="privacy_notice_waiting",
                        condition=models.Q(("state__in", ["planned", "sending"])),
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("publication", "person"), name="privacy_policynotice_once"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "sending", "sent", "stopped"])),
                name="privacy_campaign_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaigndelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["planned", "sending", "sent", "skipped", "refused", "unknown"])
                ),
                name="privacy_campaigndelivery_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="policynotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["planned", "sending", "sent", "skipped", "refused", "unknown"])
                ),
                name="privacy_policynotice_state_known",
            ),
        ),
        migrations.RunPython(open_spaces, migrations.RunPython.noop),
    ]
