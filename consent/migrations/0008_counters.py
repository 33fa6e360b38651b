"""How often the banner was shown, choices per day, and CSP reports that staff handled."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0007_conformity"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="cspreport",
            options={
                "permissions": [("handle_cspreport", "Peut traiter les signalements CSP")],
                "verbose_name": "signalement CSP",
                "verbose_name_plural": "signalements CSP",
            },
        ),
        migrations.AlterModelOptions(
            name="record",
            options={
                "managed": False,
                "permissions": [("export_record", "Peut exporter le journal des choix")],
                "verbose_name": "preuve de choix",
                "verbose_name_plural": "preuves de choix",
            },
        ),
        migrations.AddField(
            model_name="cspreport",
            name="last_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                verbose_name="dernier signalement",
            ),
        ),
        migrations.CreateModel(
            name="CspHandled",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("directive", models.CharField(max_length=40, verbose_name="directive")),
                ("blocked", models.CharField(max_length=100, verbose_name="origine bloquée")),
                ("route", models.CharField(max_length=100, verbose_name="page")),
                ("through", models.DateTimeField(verbose_name="signalements jusqu'au")),
                ("reason", models.CharField(max_length=500, verbose_name="motif")),
                ("at", models.DateTimeField(verbose_name="traité le")),
                ("by", models.UUIDField(verbose_name="par")),
            ],
            options={
                "verbose_name": "signalement CSP traité",
                "verbose_name_plural": "signalements CSP traités",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("directive", "blocked", "route"),
                        name="consent_csphandled_one_a_group",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DayCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="jour")),
                ("notice", models.PositiveIntegerField(verbose_name="notice")),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("given", "donné"),
                            ("refused", "refusé"),
                            ("withdrawn", "retiré"),
                        ],
                        max_length=12,
                        verbose_name="décision",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("banner", "bandeau"),
                            ("preferences", "deuxième niveau du bandeau"),
                            ("page", "page des choix"),
                            ("placeholder", "contenu bloqué"),
                            ("account", "espace personnel"),
                            ("script", "script du site"),
                            ("api", "API"),
                        ],
                        max_length=12,
                        verbose_name="endroit",
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
                ("count", models.PositiveBigIntegerField(verbose_name="nombre")),
            ],
            options={
                "verbose_name": "choix d'un jour",
                "verbose_name_plural": "choix par jour",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "notice", "event", "source", "language"),
                        name="consent_daycount_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("event__in", ["given", "refused", "withdrawn"])),
                        name="consent_daycount_event_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "source__in",
                                [
                                    "banner",
                                    "preferences",
                                    "page",
                                    "placeholder",
                                    "account",
                                    "script",
                                    "api",
                                ],
                            )
                        ),
                        name="consent_daycount_source_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ("fr", "nl", "de", "en"))),
                        name="consent_daycount_language_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Showing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="jour")),
                ("notice", models.PositiveIntegerField(verbose_name="notice")),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "fr"), ("nl", "nl"), ("de", "de"), ("en", "en")],
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                ("gpc", models.BooleanField(verbose_name="signal GPC")),
                ("count", models.PositiveBigIntegerField(verbose_name="pages")),
            ],
            options={
                "verbose_name": "affichage du bandeau",
                "verbose_name_plural": "affichages du bandeau",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "notice", "language", "gpc"),
                        name="consent_showing_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ("fr", "nl", "de", "en"))),
                        name="consent_showing_language_known",
                    ),
                ],
            },
        ),
    ]
