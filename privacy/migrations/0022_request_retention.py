"""A request whose time is over stays as a row without contents, for the figures and the chain."""

from django.db import migrations, models

EXTENSION = """
ALTER TABLE privacy_rightsrequest
    DROP CONSTRAINT privacy_request_extension_told_in_time,
    ADD CONSTRAINT privacy_request_extension_told_in_time CHECK (
        (extended_due_on IS NULL AND extension_told_at IS NULL AND extension_reason = '')
        OR (extended_due_on IS NOT NULL AND extension_told_at IS NOT NULL
            AND (btrim(extension_reason) <> '' __UNLESS__)
            AND extension_told_at >= received_at
            AND (extension_told_at AT TIME ZONE 'Europe/Brussels')::date
                <= (received_on + interval '1 month')::date
            AND extended_due_on >= received_on + interval '3 months'
            AND extended_due_on <= received_on + interval '3 months' + interval '7 days'));
"""
GUARD = """
CREATE FUNCTION privacy_request_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.content_erased_at IS DISTINCT FROM OLD.content_erased_at
        OR NEW.status NOT IN (OLD.status, 'closed') THEN
        RAISE EXCEPTION 'the contents of this request are erased'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'privacy_request_emptied';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER emptied BEFORE UPDATE ON privacy_rightsrequest
    FOR EACH ROW WHEN (OLD.content_erased_at IS NOT NULL)
    EXECUTE FUNCTION privacy_request_emptied();
"""
UNGUARD = """
DROP TRIGGER emptied ON privacy_rightsrequest;
DROP FUNCTION privacy_request_emptied();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0021_breaches"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rightsrequest",
            name="privacy_request_refused_with_reasons",
        ),
        migrations.RemoveConstraint(
            model_name="rightsrequest",
            name="privacy_request_identity_with_reason",
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="content_erased_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="contenu effacé le"),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="late_reason",
            field=models.TextField(blank=True, max_length=2000, verbose_name="raison du retard"),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("content_erased_at__isnull", False),
                    models.Q(("status", "refused"), _negated=True),
                    models.Q(
                        models.Q(("refusal_ground", ""), _negated=True),
                        models.Q(("refusal_reason", ""), _negated=True),
                        models.Q(("refusal_evidence", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="privacy_request_refused_with_reasons",
                violation_error_message="Un refus a un motif, des raisons et des preuves.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("content_erased_at__isnull", False),
                    models.Q(
                        ("identity_asked_on__isnull", True), ("identity_came_on__isnull", True)
                    ),
                    models.Q(
                        ("identity_asked_on__gte", models.F("received_on")),
                        models.Q(("identity_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="privacy_request_identity_with_reason",
                violation_error_message=(
                    "Demander un justificatif exige un doute raisonnable, écrit."
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("content_erased_at__isnull", True),
                    models.Q(
                        ("account__isnull", True),
                        ("email", ""),
                        ("extension_reason", ""),
                        ("identity_reason", ""),
                        ("late_reason", ""),
                        ("message", ""),
                        ("name", ""),
                        ("person__isnull", True),
                        ("refusal_evidence", ""),
                        ("refusal_reason", ""),
                    ),
                    _connector="OR",
                ),
                name="privacy_request_content_erased",
                violation_error_message="Le contenu de cette demande est effacé.",
            ),
        ),
        migrations.RunSQL(
            EXTENSION.replace("__UNLESS__", "OR content_erased_at IS NOT NULL") + GUARD,
            UNGUARD + EXTENSION.replace("__UNLESS__", ""),
        ),
    ]
