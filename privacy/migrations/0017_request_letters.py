"""Words of letters, and where each letter stands on its way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0015_request_acts"),
    ]

    operations = [
        migrations.CreateModel(
            name="LetterTemplate",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "key",
                    models.CharField(
                        choices=[
                            ("received", "accusé de réception"),
                            ("identity", "demande d'identification"),
                            ("clarification", "demande de précision"),
                            ("extended", "délai prolongé"),
                            ("refused", "refus"),
                            ("copy_ready", "copie prête"),
                            ("answer", "réponse"),
                            ("answer_nothing", "réponse : aucune donnée"),
                            ("answer_done", "réponse : c'est fait"),
                        ],
                        max_length=20,
                        verbose_name="lettre",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "fr"), ("nl", "nl"), ("de", "de"), ("en", "en")],
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("subject", models.CharField(max_length=150, verbose_name="objet")),
                ("body", models.TextField(max_length=10000, verbose_name="texte")),
                ("made_at", models.DateTimeField(verbose_name="écrite le")),
                ("made_by", models.UUIDField(verbose_name="par")),
            ],
            options={
                "verbose_name": "version d'une lettre type",
                "verbose_name_plural": "lettres types",
                "permissions": [("edit_lettertemplate", "Peut écrire les lettres types")],
            },
        ),
        migrations.AddField(
            model_name="requestmessage",
            name="is_acknowledgement",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="requestmessage",
            name="posted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="posté le"),
        ),
        migrations.AddField(
            model_name="requestmessage",
            name="state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("waiting", "pas encore partie"),
                    ("sending", "en cours d'envoi"),
                    ("sent", "partie par e-mail"),
                    ("unknown", "issue inconnue"),
                    ("refused", "refusée par le serveur du destinataire"),
                ],
                editable=False,
                max_length=8,
                verbose_name="envoi",
            ),
        ),
        # Letters from before: what had left was sent, what waits is sent by its job.
        migrations.RunSQL(
            """
            UPDATE privacy_requestmessage AS m SET state =
                CASE WHEN m.mailed_at IS NULL THEN 'waiting' ELSE 'sent' END
            FROM privacy_rightsrequest AS r
            WHERE r.id = m.request_id AND m.direction = 'out'
                AND (m.mailed_at IS NOT NULL OR r.email <> '')
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="requestmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", ""),
                    models.Q(
                        ("direction", "out"),
                        ("state__in", ["waiting", "sending", "sent", "unknown", "refused"]),
                    ),
                    _connector="OR",
                ),
                name="privacy_requestmessage_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestmessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mailed_at__isnull", False), ("state", "sent")),
                    models.Q(
                        models.Q(("state", "sent"), _negated=True), ("mailed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="privacy_requestmessage_sent_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestmessage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_acknowledgement", True)),
                fields=("request",),
                name="privacy_requestmessage_acknowledged_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="lettertemplate",
            constraint=models.UniqueConstraint(
                fields=("key", "language", "version"), name="privacy_lettertemplate_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="lettertemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "key__in",
                        [
                            "received",
                            "identity",
                            "clarification",
                            "extended",
                            "refused",
                            "copy_ready",
                            "answer",
                            "answer_nothing",
                            "answer_done",
                        ],
                    )
                ),
                name="privacy_lettertemplate_key_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lettertemplate",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ("fr", "nl", "de", "en"))),
                name="privacy_lettertemplate_language_known",
            ),
        ),
        migrations.RunSQL(
            "SELECT consent_guard('privacy_lettertemplate')",
            "DROP TRIGGER append_only_statement ON privacy_lettertemplate",
        ),
    ]
