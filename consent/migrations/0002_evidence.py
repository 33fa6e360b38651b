"""The proof of consent in the database itself: one partition a month, append-only for everybody."""

from django.db import migrations

RECORD = """
CREATE TABLE consent_record (
    id uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    event varchar(12) NOT NULL,
    categories jsonb NOT NULL,
    notice integer NOT NULL,
    publication integer NOT NULL,
    revision varchar(64) NOT NULL,
    language varchar(2) NOT NULL,
    preset varchar(20) NOT NULL,
    source varchar(12) NOT NULL,
    gpc boolean NOT NULL,
    decided_on date NOT NULL,
    expires_on date NOT NULL,
    previous uuid,
    CONSTRAINT consent_record_event_known CHECK (event IN ('given', 'refused', 'withdrawn')),
    CONSTRAINT consent_record_language_known CHECK (language IN ('fr', 'nl', 'de', 'en')),
    CONSTRAINT consent_record_preset_known CHECK (preset IN ('politique', 'strict_be_fr')),
    CONSTRAINT consent_record_source_known CHECK (source IN (
        'banner', 'preferences', 'page', 'placeholder', 'account', 'script', 'api')),
    CONSTRAINT consent_record_categories_agree CHECK (
        jsonb_typeof(categories) = 'array' AND
        (jsonb_array_length(categories) > 0) = (event = 'given')),
    CONSTRAINT consent_record_refusal_without_id CHECK (event <> 'refused' OR previous IS NULL),
    CONSTRAINT consent_record_withdrawal_names CHECK (event <> 'withdrawn' OR previous IS NOT NULL),
    CONSTRAINT consent_record_days_in_order CHECK (expires_on >= decided_on),
    CONSTRAINT consent_record_key_is_v7 CHECK (substr(id::text, 15, 1) = '7')
) PARTITION BY RANGE (id);
COMMENT ON TABLE consent_record IS
    'Append-only: one row per decision. The key is a UUIDv7, so a month is a range of keys.';
"""

# Row triggers on the parent are cloned to each partition; those of a statement and of TRUNCATE are
# not, and truncating a partition goes round the parent's: each partition gets its own.
GUARD = """
CREATE FUNCTION consent_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is not possible', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION consent_guard(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION consent_forbid_change()', target);
END $$;

CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON consent_record
    FOR EACH ROW EXECUTE FUNCTION consent_forbid_change();
SELECT consent_guard('consent_record'), consent_guard('consent_notice'),
       consent_guard('consent_publication'), consent_guard('consent_asset'),
       consent_guard('consent_revision');
"""

# SECURITY DEFINER: the application makes months ahead without owning anything.
PARTITION = """
CREATE FUNCTION consent_uuid7_floor(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid
$$;

CREATE FUNCTION consent_record_partition(moment timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first timestamptz := date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    after timestamptz :=
        (date_trunc('month', moment AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    name text := 'consent_record_' || to_char(moment AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
    -- Two workers at once: the second waits, then finds it made.
    PERFORM pg_advisory_xact_lock(hashtext('consent_record_partition'));
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.consent_record '
                   'FOR VALUES FROM (%L) TO (%L)',
                   name, consent_uuid7_floor(first), consent_uuid7_floor(after));
    PERFORM consent_guard(('public.' || quote_ident(name))::regclass);
    RETURN name;
END $$;
REVOKE ALL ON FUNCTION consent_guard(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION consent_record_partition(timestamptz) FROM PUBLIC;

SELECT consent_record_partition(now() + make_interval(months => ahead))
FROM generate_series(0, 3) AS ahead;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [
        migrations.RunSQL(RECORD, "DROP TABLE consent_record"),
        migrations.RunSQL(
            GUARD,
            "DROP FUNCTION consent_guard(regclass); DROP FUNCTION consent_forbid_change() CASCADE",
        ),
        migrations.RunSQL(
            PARTITION,
            "DROP FUNCTION consent_record_partition(timestamptz);"
            " DROP FUNCTION consent_uuid7_floor(timestamptz)",
        ),
    ]
