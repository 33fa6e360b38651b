"""The sealed log: its chain, the membership beside each month of records, how a month leaves."""

import django.core.validators
from django.db import migrations, models

MEMBERSHIP = """
CREATE TABLE consent_sealed (
    record uuid PRIMARY KEY,
    seal bigint NOT NULL,
    position integer NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT consent_sealed_leaf_is_sha256 CHECK (length(leaf) = 32),
    CONSTRAINT consent_sealed_position_counts CHECK (position >= 0 AND seal >= 1)
) PARTITION BY RANGE (record);
COMMENT ON TABLE consent_sealed IS
    'Append-only: which seal holds a record, and where. A partition beside each of the records.';

CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON consent_sealed
    FOR EACH ROW EXECUTE FUNCTION consent_forbid_change();
SELECT consent_guard('consent_sealed'), consent_guard('consent_seal'),
       consent_guard('consent_verification');
"""

# Whoever inserts, the next seal follows the last one: no gap, no fork, no step back in time.
CHAIN = """
CREATE FUNCTION consent_seal_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before public.consent_seal;
BEGIN
    SELECT * INTO before FROM public.consent_seal ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(before.number, 0) + 1
            OR NEW.previous <> coalesce(before.hash, repeat('0', 64))
            OR NEW.sealed_at < before.sealed_at THEN
        RAISE EXCEPTION 'Seal % does not follow seal %', NEW.number, coalesce(before.number, 0)
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seal_follows BEFORE INSERT ON consent_seal
    FOR EACH ROW EXECUTE FUNCTION consent_seal_follows();
"""

# Made apart and attached: CREATE TABLE … PARTITION OF would wait for every reader of the log, for a
# long verification too, and every choice would queue behind it.
PARTITION = """
CREATE OR REPLACE FUNCTION consent_record_partition(moment timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first timestamptz := date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    after timestamptz :=
        (date_trunc('month', moment AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    this_month text := to_char(moment AT TIME ZONE 'UTC', 'YYYYMM');
    parent text;
    name text;
    made text;
BEGIN
    -- Two workers at once: the second waits, then finds it made.
    PERFORM pg_advisory_xact_lock(hashtext('consent_record_partition'));
    -- A month that left does not come back.
    IF EXISTS (SELECT FROM public.consent_seal WHERE kind = 'departure' AND month = this_month) THEN
        RETURN NULL;
    END IF;
    -- The membership first: where the records can be, it can be.
    FOREACH parent IN ARRAY ARRAY['consent_sealed', 'consent_record'] LOOP
        name := parent || '_' || this_month;
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS '
                       'INCLUDING CONSTRAINTS INCLUDING INDEXES)', name, parent);
        PERFORM public.consent_guard(('public.' || quote_ident(name))::regclass);
        IF parent = 'consent_sealed' THEN
            -- One record for a place; within a month, where a seal lies as a whole.
            EXECUTE format('CREATE UNIQUE INDEX ON public.%I (seal, position)', name);
        END IF;
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I '
                       'FOR VALUES FROM (%L) TO (%L)', parent, name,
                       public.consent_uuid7_floor(first), public.consent_uuid7_floor(after));
        IF parent = 'consent_record' THEN
            made := name;
        END IF;
    END LOOP;
    RETURN made;
END $$;

SELECT consent_record_partition(make_timestamptz(
    substr(c.relname, 16, 4)::int, substr(c.relname, 20, 2)::int, 15, 0, 0, 0, 'UTC'))
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'consent_record'::regclass;
"""

# The one way in which records leave (CP-08). It looks at its own clock and counts for itself: the
# role that calls it may own nothing and is not believed.
DEPARTURE = """
CREATE FUNCTION consent_month_leaves(leaving text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    years integer := greatest(1, coalesce(
        (SELECT proof_retention_years FROM public.consent_control WHERE id = 1), 5));
    records text := 'consent_record_' || leaving;
    membership text := 'consent_sealed_' || leaving;
    departing public.consent_seal;
    held bigint;
    unsealed bigint;
    last_day date;
BEGIN
    IF leaving !~ '^[0-9]{6}$' OR to_regclass('public.' || records) IS NULL THEN
        RAISE EXCEPTION 'There is no month % to leave', leaving
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO departing FROM public.consent_seal WHERE kind = 'departure' AND month = leaving;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Month % has no departure in the chain', leaving
            USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('LOCK TABLE public.%I, public.%I IN SHARE MODE', records, membership);
    EXECUTE format('SELECT count(*), max(r.expires_on), count(*) FILTER (WHERE s.record IS NULL) '
                   'FROM public.%I r LEFT JOIN public.%I s ON s.record = r.id',
                   records, membership) INTO held, last_day, unsealed;
    IF unsealed > 0 OR held <> departing.count THEN
        RAISE EXCEPTION 'Month % has % records, % unsealed; its departure says %',
            leaving, held, unsealed, departing.count USING ERRCODE = 'restrict_violation';
    END IF;
    IF (last_day + make_interval(years => years))::date
            >= (clock_timestamp() AT TIME ZONE 'Europe/Brussels')::date THEN
        RAISE EXCEPTION 'Month % is kept until % and % years', leaving, last_day, years
            USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('DROP TABLE public.%I, public.%I', records, membership);
    RETURN held;
END $$;
REVOKE ALL ON FUNCTION consent_month_leaves(text) FROM PUBLIC;

CREATE FUNCTION consent_departure_is_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('public.consent_record_' || NEW.month) IS NOT NULL THEN
        RAISE EXCEPTION 'Seal % says that month % left, and it is here', NEW.number, NEW.month
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER departure_is_done AFTER INSERT ON consent_seal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'departure')
    EXECUTE FUNCTION consent_departure_is_done();
"""

REVERSE_PARTITION = """
CREATE OR REPLACE FUNCTION consent_record_partition(moment timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'Migrate back to 0001, or forward again: 0002 makes months';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_act")]

    operations = [
        migrations.CreateModel(
            name="Sealed",
            fields=[
                (
                    "record",
                    models.UUIDField(primary_key=True, serialize=False, verbose_name="preuve"),
                ),
                ("seal", models.PositiveBigIntegerField(verbose_name="sceau")),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("leaf", models.BinaryField(max_length=32, verbose_name="empreinte")),
            ],
            options={
                "verbose_name": "preuve scellée",
                "verbose_name_plural": "preuves scellées",
                "db_table": "consent_sealed",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "number",
                    models.PositiveBigIntegerField(
                        primary_key=True, serialize=False, verbose_name="numéro"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("records", "preuves scellées"),
                            ("departure", "mois effacé à la fin de sa conservation"),
                            ("key", "clé de signature publiée"),
                        ],
                        max_length=12,
                        verbose_name="sorte",
                    ),
                ),
                (
                    "month",
                    models.CharField(
                        blank=True, db_index=True, max_length=6, verbose_name="mois (UTC)"
                    ),
                ),
                ("count", models.PositiveBigIntegerField(verbose_name="preuves")),
                ("first", models.UUIDField(null=True, verbose_name="première")),
                ("last", models.UUIDField(null=True, verbose_name="dernière")),
                ("root", models.CharField(max_length=64, verbose_name="racine")),
                ("details", models.JSONField(default=dict, verbose_name="détails")),
                (
                    "previous",
                    models.CharField(
                        max_length=64, unique=True, verbose_name="empreinte du sceau précédent"
                    ),
                ),
                ("sealed_at", models.DateTimeField(verbose_name="scellé le")),
                ("key_id", models.CharField(max_length=40, verbose_name="clé")),
                ("public_key", models.CharField(max_length=44, verbose_name="clé publique")),
                ("hash", models.CharField(max_length=64, verbose_name="empreinte")),
                ("signature", models.CharField(max_length=88, verbose_name="signature")),
            ],
            options={
                "verbose_name": "sceau",
                "verbose_name_plural": "sceaux",
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="le")),
                ("ok", models.BooleanField(verbose_name="intact")),
                ("seals", models.PositiveBigIntegerField(verbose_name="sceaux")),
                ("records", models.PositiveBigIntegerField(verbose_name="preuves")),
                ("problem", models.TextField(blank=True, verbose_name="problème")),
                ("seconds", models.FloatField(verbose_name="durée en secondes")),
            ],
            options={
                "verbose_name": "vérification du journal",
                "verbose_name_plural": "vérifications du journal",
            },
        ),
        migrations.AddField(
            model_name="control",
            name="proof_retention_years",
            field=models.PositiveSmallIntegerField(
                db_default=5,
                default=5,
                help_text="Un mois de preuves est effacé en entier, "
                "une fois ce délai écoulé pour tous ses choix.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="conservation des preuves de choix après leur fin (années)",
            ),
        ),
        migrations.AddConstraint(
            model_name="control",
            constraint=models.CheckConstraint(
                condition=models.Q(("proof_retention_years__gte", 1)),
                name="consent_control_proofs_kept_a_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="seal",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["records", "departure", "key"])),
                name="consent_seal_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="seal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("count", 0), ("kind", "key"), ("month", "")),
                    models.Q(
                        models.Q(("kind", "key"), _negated=True),
                        models.Q(("month", ""), _negated=True),
                        ("count__gte", 1),
                    ),
                    _connector="OR",
                ),
                name="consent_seal_kind_has_its_month",
            ),
        ),
        migrations.RunSQL(
            MEMBERSHIP,
            "DROP TABLE consent_sealed; DROP TRIGGER append_only_statement ON consent_seal;"
            " DROP TRIGGER append_only_statement ON consent_verification",
        ),
        migrations.RunSQL(
            CHAIN, "DROP TRIGGER seal_follows ON consent_seal; DROP FUNCTION consent_seal_follows()"
        ),
        migrations.RunSQL(PARTITION, REVERSE_PARTITION),
        migrations.RunSQL(
            DEPARTURE,
            "DROP TRIGGER departure_is_done ON consent_seal;"
            " DROP FUNCTION consent_departure_is_done(); DROP FUNCTION consent_month_leaves(text)",
        ),
    ]
