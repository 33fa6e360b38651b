"""Evidence of retention, and accounting documents that go only once a person agreed (T-18)."""

import django.db.models.deletion
from django.db import migrations, models

import consent.log.ids

# What was proposed stays as it was, a decision is taken once, and only what the batch holds goes.
TRIGGERS = """
SELECT consent_guard('privacy_retentionrun'), consent_guard('privacy_approveddocument');

-- Whoever comes back leaves the archive at once, whichever way it was written (RT-11).
CREATE FUNCTION privacy_person_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.archived_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER back BEFORE UPDATE ON privacy_datasubject FOR EACH ROW
    WHEN (NEW.archived_at IS NOT NULL AND (
        (NEW.account_opened_on IS NOT NULL AND NEW.account_closed_on IS NULL)
        OR (NEW.contract_started_on IS NOT NULL AND NEW.contract_ended_on IS NULL)))
    EXECUTE FUNCTION privacy_person_back();

CREATE FUNCTION privacy_approval_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'What was proposed stays.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.approved_at IS NOT NULL OR NEW.refused_at IS NOT NULL THEN
            RAISE EXCEPTION 'A destruction is proposed before it is decided.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.proposed_at, NEW.as_of, NEW.issued_until, NEW.count, NEW.fingerprint,
        NEW.publication) IS DISTINCT FROM (OLD.id, OLD.proposed_at, OLD.as_of, OLD.issued_until,
        OLD.count, OLD.fingerprint, OLD.publication) THEN
        RAISE EXCEPTION 'What was proposed is not changed.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.refused_at IS NOT NULL OR OLD.executed_at IS NOT NULL
        OR (OLD.approved_at IS NOT NULL AND (NEW.approved_at, NEW.approved_by)
            IS DISTINCT FROM (OLD.approved_at, OLD.approved_by)) THEN
        RAISE EXCEPTION 'A destruction is decided once.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL AND NEW.count <>
        (SELECT count(*) FROM privacy_approveddocument d WHERE d.approval_id = NEW.id) THEN
        RAISE EXCEPTION 'The batch does not hold what was proposed.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.executed_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM privacy_approveddocument d JOIN privacy_invoice i ON i.id = d.invoice
        WHERE d.approval_id = NEW.id) THEN
        RAISE EXCEPTION 'Documents of the batch are still there.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER steps BEFORE INSERT OR UPDATE OR DELETE ON privacy_accountingapproval
    FOR EACH ROW EXECUTE FUNCTION privacy_approval_steps();

CREATE FUNCTION privacy_approval_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added JOIN privacy_accountingapproval a ON a.id = added.approval_id
               WHERE a.approved_at IS NOT NULL OR a.refused_at IS NOT NULL) THEN
        RAISE EXCEPTION 'Nothing is added to a batch that was decided.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER closed AFTER INSERT ON privacy_approveddocument REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_approval_closed();

CREATE FUNCTION privacy_invoice_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM gone WHERE NOT EXISTS (
            SELECT 1 FROM privacy_approveddocument d
            JOIN privacy_accountingapproval a ON a.id = d.approval_id
            WHERE d.invoice = gone.id AND a.approved_at IS NOT NULL
                AND a.refused_at IS NULL AND a.executed_at IS NULL)) THEN
        RAISE EXCEPTION 'An invoice is destroyed only in a batch that a person approved.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER approved AFTER DELETE ON privacy_invoice REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_invoice_approved();
CREATE TRIGGER approved_truncate BEFORE TRUNCATE ON privacy_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION consent_forbid_change();
"""
REVERSE = """
DROP TRIGGER approved_truncate ON privacy_invoice;
DROP FUNCTION privacy_invoice_approved() CASCADE;
DROP FUNCTION privacy_approval_closed() CASCADE;
DROP FUNCTION privacy_approval_steps() CASCADE;
DROP FUNCTION privacy_person_back() CASCADE;
DROP TRIGGER append_only_statement ON privacy_approveddocument;
DROP TRIGGER append_only_statement ON privacy_retentionrun;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0006_plans"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionRun",
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
                ("run", models.UUIDField(db_index=True, verbose_name="passage")),
                ("rule", models.SlugField(verbose_name="règle")),
                ("at", models.DateTimeField(db_index=True, verbose_name="le")),
                ("as_of", models.DateField(verbose_name="échus au")),
                ("counts", models.JSONField(default=dict, verbose_name="effacés")),
                ("is_total", models.BooleanField(default=False, verbose_name="total")),
                ("publication", models.PositiveIntegerField(verbose_name="version du registre")),
                (
                    "publication_sha256",
                    models.CharField(max_length=64, verbose_name="empreinte du registre"),
                ),
                (
                    "declarations_sha256",
                    models.CharField(max_length=64, verbose_name="empreinte des déclarations"),
                ),
                ("milliseconds", models.PositiveIntegerField(verbose_name="durée (ms)")),
                ("hash", models.CharField(max_length=64, verbose_name="empreinte")),
            ],
            options={
                "verbose_name": "passage de la conservation",
                "verbose_name_plural": "passages de la conservation",
            },
        ),
        migrations.CreateModel(
            name="AccountingApproval",
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
                ("proposed_at", models.DateTimeField(editable=False, verbose_name="proposé le")),
                ("as_of", models.DateField(editable=False, verbose_name="échus au")),
                (
                    "issued_until",
                    models.DateField(editable=False, verbose_name="documents jusqu’au"),
                ),
                ("count", models.PositiveIntegerField(editable=False, verbose_name="documents")),
                (
                    "fingerprint",
                    models.CharField(
                        editable=False, max_length=64, verbose_name="empreinte (SHA-256)"
                    ),
                ),
                (
                    "publication",
                    models.PositiveIntegerField(editable=False, verbose_name="version du registre"),
                ),
                (
                    "approved_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="approuvé le"),
                ),
                (
                    "approved_by",
                    models.UUIDField(editable=False, null=True, verbose_name="approuvé par"),
                ),
                (
                    "refused_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="refusé le"),
                ),
                (
                    "refused_by",
                    models.UUIDField(editable=False, null=True, verbose_name="refusé par"),
                ),
                (
                    "refused_because",
                    models.CharField(
                        blank=True, editable=False, max_length=500, verbose_name="motif"
                    ),
                ),
                (
                    "executed_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="détruit le"),
                ),
            ],
            options={
                "verbose_name": "destruction de documents comptables",
                "verbose_name_plural": "destructions de documents comptables",
                "permissions": [
                    (
                        "decide_accountingapproval",
                        "Peut approuver la destruction de documents comptables",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("count__gte", 1)),
                        name="privacy_approval_holds_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False), ("approved_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="privacy_approval_has_a_person",
                        violation_error_message="Une destruction est approuvée par une personne.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("refused_at__isnull", True), ("refused_by__isnull", True)),
                            models.Q(
                                ("refused_at__isnull", False),
                                models.Q(("refused_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="privacy_approval_refusal_has_reason",
                        violation_error_message="Un refus a un motif.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("executed_at__isnull", True),
                            models.Q(("approved_at__isnull", False), ("refused_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="privacy_approval_executed_was_approved",
                    ),
                    models.UniqueConstraint(
                        models.F("fingerprint"),
                        condition=models.Q(
                            ("approved_at__isnull", True),
                            ("executed_at__isnull", True),
                            ("refused_at__isnull", True),
                        ),
                        name="privacy_approval_proposed_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApprovedDocument",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("invoice", models.UUIDField(db_index=True, verbose_name="facture")),
                (
                    "approval",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="documents",
                        to="privacy.accountingapproval",
                        verbose_name="destruction",
                    ),
                ),
            ],
            options={
                "verbose_name": "document d’une destruction",
                "verbose_name_plural": "documents d’une destruction",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("approval", "invoice"), name="privacy_approveddocument_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="datasubject",
            index=models.Index(
                condition=models.Q(
                    ("account_closed_on__isnull", False),
                    ("anonymised_at__isnull", True),
                    ("archived_at__isnull", True),
                ),
                fields=["account_closed_on"],
                name="privacy_person_to_archive",
            ),
        ),
        migrations.AddIndex(
            model_name="datasubject",
            index=models.Index(
                condition=models.Q(
                    ("account_opened_on__isnull", True),
                    ("anonymised_at__isnull", True),
                    ("contract_started_on__isnull", True),
                ),
                fields=["id"],
                name="privacy_person_no_anchor",
            ),
        ),
        migrations.RunSQL(TRIGGERS, REVERSE),
    ]
