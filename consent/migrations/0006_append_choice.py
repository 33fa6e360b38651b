"""A choice is one call of a function: PostgreSQL keeps the plan of its inserts."""

from django.db import migrations

APPEND = """
CREATE FUNCTION consent_append(
    p_id uuid, p_recorded_at timestamptz, p_event text, p_categories jsonb, p_notice integer,
    p_publication integer, p_revision text, p_language text, p_preset text, p_source text,
    p_gpc boolean, p_decided_on date, p_expires_on date, p_previous uuid,
    p_key bytea, p_account uuid
) RETURNS TABLE (earlier uuid, earlier_decided_on date) LANGUAGE plpgsql AS $$
BEGIN
    IF p_key IS NOT NULL THEN
        -- The key is claimed first: a click that comes twice claims nothing the second time.
        INSERT INTO consent_idempotencykey (key_hash, record, created_at)
        VALUES (p_key, p_id, p_recorded_at) ON CONFLICT (key_hash) DO NOTHING;
        IF NOT FOUND THEN
            RETURN QUERY SELECT r.id, r.decided_on FROM consent_idempotencykey k
                         JOIN consent_record r ON r.id = k.record WHERE k.key_hash = p_key;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the key is claimed and its record is gone';
            END IF;
            RETURN;
        END IF;
    END IF;
    INSERT INTO consent_record (
        id, recorded_at, event, categories, notice, publication, revision, language, preset,
        source, gpc, decided_on, expires_on, previous)
    VALUES (
        p_id, p_recorded_at, p_event, p_categories, p_notice, p_publication, p_revision,
        p_language, p_preset, p_source, p_gpc, p_decided_on, p_expires_on, p_previous);
    IF p_account IS NOT NULL THEN
        INSERT INTO consent_accountlink (record, account_id) VALUES (p_id, p_account);
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_anchor")]

    operations = [
        migrations.RunSQL(
            APPEND,
            "DROP FUNCTION consent_append(uuid, timestamptz, text, jsonb, integer, integer, text,"
            " text, text, text, boolean, date, date, uuid, bytea, uuid)",
        )
    ]
