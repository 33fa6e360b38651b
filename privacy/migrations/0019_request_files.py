"""What comes with a request: files, a document that proves who asks, whom somebody speaks for."""

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids
import privacy.encryption
import privacy.models.request_file


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0018_request_archives"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityDocument",
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
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("application/pdf", "PDF"),
                            ("image/jpeg", "JPEG"),
                            ("image/png", "PNG"),
                            ("text/plain", "texte"),
                            ("message/rfc822", "e-mail"),
                        ],
                        max_length=20,
                        verbose_name="type",
                    ),
                ),
                (
                    "stored",
                    models.CharField(
                        default=privacy.models.request_file.new_stored_name,
                        editable=False,
                        max_length=32,
                        unique=True,
                        verbose_name="fichier",
                    ),
                ),
                ("key", privacy.encryption.EncryptedField(editable=False, verbose_name="clé")),
                ("added_at", models.DateTimeField(verbose_name="reçu le")),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="document",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "justificatif d'identité",
                "verbose_name_plural": "justificatifs d'identité",
            },
        ),
        migrations.CreateModel(
            name="RequestFile",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("attachment", "pièce jointe"),
                            ("scan", "document numérisé"),
                            ("mail", "e-mail d'origine"),
                        ],
                        max_length=10,
                        verbose_name="sorte",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="nom du fichier")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("application/pdf", "PDF"),
                            ("image/jpeg", "JPEG"),
                            ("image/png", "PNG"),
                            ("text/plain", "texte"),
                            ("message/rfc822", "e-mail"),
                        ],
                        max_length=20,
                        verbose_name="type",
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="taille (octets)")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                (
                    "stored",
                    models.CharField(
                        default=privacy.models.request_file.new_stored_name,
                        editable=False,
                        max_length=32,
                        unique=True,
                        verbose_name="fichier",
                    ),
                ),
                ("key", privacy.encryption.EncryptedField(editable=False, verbose_name="clé")),
                ("added_at", models.DateTimeField(verbose_name="ajouté le")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="files",
                        to="privacy.rightsrequest",
                        verbose_name="demande",
                    ),
                ),
            ],
            options={
                "verbose_name": "fichier d'une demande",
                "verbose_name_plural": "fichiers des demandes",
            },
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="represented_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("parent", "parent d'un enfant mineur"),
                    ("guardian", "tuteur ou administrateur"),
                    ("lawyer", "avocat"),
                    ("heir", "héritier"),
                    ("mandate", "personne qui a un mandat écrit"),
                ],
                max_length=10,
                verbose_name="demande pour une autre personne, comme",
            ),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="represented_name",
            field=models.CharField(blank=True, max_length=150, verbose_name="personne représentée"),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("represented_by__in", ["", "parent", "guardian", "lawyer", "heir", "mandate"])
                ),
                name="privacy_request_represented_by_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="identitydocument",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "application/pdf",
                            "image/jpeg",
                            "image/png",
                            "text/plain",
                            "message/rfc822",
                        ],
                    )
                ),
                name="privacy_identitydocument_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["attachment", "scan", "mail"])),
                name="privacy_requestfile_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "application/pdf",
                            "image/jpeg",
                            "image/png",
                            "text/plain",
                            "message/rfc822",
                        ],
                    )
                ),
                name="privacy_requestfile_type_known",
            ),
        ),
    ]
