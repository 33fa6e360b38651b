"""Restriction in the database (DR-14): rows of a restricted person are not there.

Row-level security binds the application's role; the owner (migrations, backups, foreign keys) goes
past it. `privacy.restricted`, set for one transaction, says otherwise: 'see' reads them, 'handle'
changes them too, 'retention' treats grounds (a) and (d) as if there were none; unset hides.

The list of restricted people is read once a statement: the sub-select does not depend on the row.
"""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import consent.log.ids

HIDDEN = """
CREATE FUNCTION privacy_hidden(act text) RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN m.mode = 'handle' OR (m.mode = 'see' AND act = 'read') THEN '{}'::uuid[]
        ELSE coalesce((
            SELECT array_agg(DISTINCT r.person_id) FROM public.privacy_restriction r
            WHERE r.lifted_at IS NULL AND (m.mode <> 'retention' OR r.ground IN ('b', 'c'))
        ), '{}'::uuid[])
    END
    FROM (SELECT coalesce(current_setting('privacy.restricted', true), '')) AS m (mode)
$$;

CREATE FUNCTION privacy_hidden_invoices(act text) RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(i.id), '{}'::uuid[]) FROM public.privacy_invoice i
    WHERE i.person_id = ANY (public.privacy_hidden(act))
$$;

CREATE FUNCTION privacy_hidden_messages(act text) RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(m.id), '{}'::uuid[]) FROM public.privacy_contactmessage m
    WHERE m.person_id = ANY (public.privacy_hidden(act))
$$;
"""
# Table, column that leads to the person, function that lists what is hidden.
TABLES = (
    ("privacy_datasubject", "id", "privacy_hidden"),
    ("privacy_invoice", "person_id", "privacy_hidden"),
    ("privacy_invoiceline", "invoice_id", "privacy_hidden_invoices"),
    ("privacy_contactmessage", "person_id", "privacy_hidden"),
    ("privacy_contactreply", "message_id", "privacy_hidden_messages"),
    ("privacy_contactreason", "message_id", "privacy_hidden_messages"),
    ("privacy_complaint", "person_id", "privacy_hidden"),
    ("privacy_marketingchoice", "person_id", "privacy_hidden"),
    ("privacy_objection", "person_id", "privacy_hidden"),
    ("privacy_campaigndelivery", "person_id", "privacy_hidden"),
    ("privacy_disclosure", "person_id", "privacy_hidden"),
    ("privacy_disclosureproposal", "person_id", "privacy_hidden"),
)
# What the site itself would do with the data; what the person sends in may always come in.
USES = (
    "privacy_invoice",
    "privacy_invoiceline",
    "privacy_campaigndelivery",
    "privacy_disclosure",
    "privacy_disclosureproposal",
)


def policies():
    """One for each act on each table. The cast makes the sub-select an array, read once."""
    for table, column, function in TABLES:
        read, change = (
            f"({column} IS NULL OR {column} <> ALL ((SELECT {function}('{act}'))::uuid[]))"
            for act in ("read", "change")
        )
        insert = change if table in USES else "true"
        yield f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY restricted_read ON {table} FOR SELECT USING ({read});
CREATE POLICY restricted_add ON {table} FOR INSERT WITH CHECK ({insert});
CREATE POLICY restricted_change ON {table} FOR UPDATE
    USING ({change}) WITH CHECK (true);
CREATE POLICY restricted_delete ON {table} FOR DELETE USING ({change});
"""


def undone():
    for table, *_ in TABLES:
        yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
        for act in ("read", "add", "change", "delete"):
            yield f"DROP POLICY restricted_{act} ON {table};"
    yield "DROP FUNCTION privacy_hidden_messages(text);"
    yield "DROP FUNCTION privacy_hidden_invoices(text);"
    yield "DROP FUNCTION privacy_hidden(text);"


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0007_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="DisclosureProposal",
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
                ("recipient_name", models.CharField(max_length=200, verbose_name="destinataire")),
                ("purpose", models.SlugField(verbose_name="finalité")),
                (
                    "categories",
                    models.JSONField(default=list, verbose_name="données à transmettre"),
                ),
                ("balancing", models.TextField(max_length=4000, verbose_name="mise en balance")),
                ("proposed_at", models.DateTimeField(verbose_name="proposée le")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="disclosure_proposals",
                        to="privacy.datasubject",
                        verbose_name="personne",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DB_SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposée par",
                    ),
                ),
            ],
            options={
                "verbose_name": "transmission à approuver",
                "verbose_name_plural": "transmissions à approuver",
            },
        ),
        migrations.AddField(
            model_name="datasubject",
            name="first_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    django.db.models.functions.text.Lower("first_name"),
                    models.Value("àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸ"),
                    models.Value("aaaaaaceeeeiiiinoooooouuuuyyaaaaaaceeeeiiiinoooooouuuuyy"),
                    function="translate",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="datasubject",
            name="last_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    django.db.models.functions.text.Lower("last_name"),
                    models.Value("àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸ"),
                    models.Value("aaaaaaceeeeiiiinoooooouuuuyyaaaaaaceeeeiiiinoooooouuuuyy"),
                    function="translate",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddIndex(
            model_name="datasubject",
            index=models.Index(fields=["last_key", "first_key"], name="privacy_person_last_key"),
        ),
        migrations.AddIndex(
            model_name="datasubject",
            index=models.Index(fields=["first_key"], name="privacy_person_first_key"),
        ),
        migrations.AddIndex(
            model_name="datasubject",
            index=models.Index(fields=["phone"], name="privacy_person_phone"),
        ),
        migrations.AddConstraint(
            model_name="disclosureproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("balancing", ""), _negated=True),
                name="privacy_disclosureproposal_weighed",
            ),
        ),
        migrations.RunSQL(HIDDEN + "".join(policies()), "".join(undone())),
    ]
