"""Copies that answer a request: looked through, let out by a second person, opened by a code."""

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids

GUARD = """
-- Whoever decided about a text is not the one who lets the copy out; and after that, no decision
-- changes (DR-11).
CREATE FUNCTION privacy_archive_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.released_by IS NOT NULL AND EXISTS (
        SELECT FROM privacy_thirdpartydecision d
        WHERE d.archive_id = NEW.id AND d.by = NEW.released_by) THEN
        RAISE EXCEPTION 'who decided about a text does not release the copy'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_archive_second_person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER second_person BEFORE INSERT OR UPDATE ON privacy_archive
    FOR EACH ROW EXECUTE FUNCTION privacy_archive_second_person();
CREATE FUNCTION privacy_thirdpartydecision_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The lock makes a decision and a release at the same moment one after the other.
    PERFORM FROM privacy_archive a
        WHERE a.id = NEW.archive_id AND a.released_by IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the copy is released: its texts are decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_thirdpartydecision_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER still_open BEFORE INSERT OR UPDATE ON privacy_thirdpartydecision
    FOR EACH ROW EXECUTE FUNCTION privacy_thirdpartydecision_open();
"""
REVERSE = """
DROP TRIGGER second_person ON privacy_archive;
DROP TRIGGER still_open ON privacy_thirdpartydecision;
DROP FUNCTION privacy_archive_second_person();
DROP FUNCTION privacy_thirdpartydecision_open();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0017_request_letters"),
    ]

    operations = [
        migrations.CreateModel(
            name="ThirdPartyDecision",
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
                ("source", models.CharField(max_length=100, verbose_name="source")),
                ("row", models.CharField(max_length=64, verbose_name="ligne")),
                ("field", models.CharField(max_length=64, verbose_name="champ")),
                ("value_hash", models.CharField(max_length=64)),
                ("masked", models.BooleanField(verbose_name="masqué")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="motif")),
                ("by", models.UUIDField(verbose_name="par")),
                ("at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "texte relu",
                "verbose_name_plural": "textes relus",
            },
        ),
        migrations.RemoveConstraint(
            model_name="archive",
            name="privacy_archive_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="archive",
            name="privacy_archive_one_at_a_time",
        ),
        migrations.AddField(
            model_name="archive",
            name="prepared_by",
            field=models.UUIDField(editable=False, null=True, verbose_name="préparée par"),
        ),
        migrations.AddField(
            model_name="archive",
            name="released_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="libérée le"),
        ),
        migrations.AddField(
            model_name="archive",
            name="released_by",
            field=models.UUIDField(editable=False, null=True, verbose_name="libérée par"),
        ),
        migrations.AddField(
            model_name="archive",
            name="request",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.DB_CASCADE,
                related_name="copies",
                to="privacy.rightsrequest",
                verbose_name="demande",
            ),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="code_hash",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="archive",
            name="state",
            field=models.CharField(
                choices=[
                    ("review", "à relire par une seconde personne"),
                    ("waiting", "en attente"),
                    ("building", "en préparation"),
                    ("ready", "prête"),
                    ("gone", "effacée"),
                    ("failed", "échouée"),
                ],
                default="waiting",
                max_length=8,
                verbose_name="état",
            ),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["review", "waiting", "building", "ready", "gone", "failed"])
                ),
                name="privacy_archive_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("request__isnull", True),
                    ("state__in", ["review", "gone", "failed"]),
                    models.Q(("released_at__isnull", False), ("released_by__isnull", False)),
                    _connector="OR",
                ),
                name="privacy_archive_released_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by__isnull", True),
                    models.Q(
                        ("prepared_by__isnull", False),
                        models.Q(("released_by", models.F("prepared_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="privacy_archive_two_people",
                violation_error_message="La personne qui a préparé la copie ne la libère pas.",
            ),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("request__isnull", True), ("state__in", ["waiting", "building"])
                ),
                fields=("person", "kind"),
                name="privacy_archive_one_at_a_time",
                violation_error_message="Une copie de cette sorte est déjà en préparation.",
            ),
        ),
        migrations.AddField(
            model_name="thirdpartydecision",
            name="archive",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.DB_CASCADE,
                related_name="decisions",
                to="privacy.archive",
                verbose_name="copie de données",
            ),
        ),
        migrations.AddConstraint(
            model_name="thirdpartydecision",
            constraint=models.UniqueConstraint(
                fields=("archive", "source", "row", "field"), name="privacy_thirdpartydecision_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="thirdpartydecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("masked", False), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="privacy_thirdpartydecision_masked_with_reason",
                violation_error_message="Masquer un texte exige un motif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["review", "waiting", "building"])),
                fields=("request", "kind"),
                name="privacy_archive_one_for_request",
                violation_error_message="Une copie de cette sorte est déjà en préparation.",
            ),
        ),
        migrations.RunSQL(GUARD, REVERSE),
    ]
