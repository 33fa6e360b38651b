"""Second factor of staff, and sessions that end with what they were begun under.

Whatever writes these tables ends the sessions of the person: nobody can forget to. Without a login
there is no session to end, so an account that never logged in keeps its number.
"""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION privacy_user_ends_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A row that was read before another change must not bring the old number back.
    NEW.session_number := greatest(OLD.session_number, NEW.session_number);
    IF (NEW.is_active, NEW.is_staff, NEW.is_superuser)
            IS DISTINCT FROM (OLD.is_active, OLD.is_staff, OLD.is_superuser)
            AND (OLD.last_login IS NOT NULL OR OLD.session_number > 0) THEN
        NEW.session_number := NEW.session_number + 1;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION privacy_powers_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN
        person := OLD.user_id;
    ELSE
        person := NEW.user_id;
    END IF;
    UPDATE privacy_user SET session_number = session_number + 1
        WHERE id = person AND (last_login IS NOT NULL OR session_number > 0);
    RETURN NULL;
END $$;

CREATE TRIGGER ends_sessions BEFORE UPDATE ON privacy_user
    FOR EACH ROW EXECUTE FUNCTION privacy_user_ends_sessions();
CREATE TRIGGER ends_sessions AFTER INSERT OR UPDATE OR DELETE ON privacy_user_groups
    FOR EACH ROW EXECUTE FUNCTION privacy_powers_end_sessions();
CREATE TRIGGER ends_sessions AFTER INSERT OR UPDATE OR DELETE ON privacy_user_user_permissions
    FOR EACH ROW EXECUTE FUNCTION privacy_powers_end_sessions();
CREATE TRIGGER ends_sessions AFTER INSERT OR DELETE ON otp_totp_totpdevice
    FOR EACH ROW EXECUTE FUNCTION privacy_powers_end_sessions();
CREATE TRIGGER ends_sessions_when_changed AFTER UPDATE ON otp_totp_totpdevice
    FOR EACH ROW
    WHEN ((OLD.key, OLD.confirmed, OLD.user_id)
        IS DISTINCT FROM (NEW.key, NEW.confirmed, NEW.user_id))
    EXECUTE FUNCTION privacy_powers_end_sessions();
"""
REVERSE = """
DROP TRIGGER ends_sessions ON privacy_user;
DROP TRIGGER ends_sessions ON privacy_user_groups;
DROP TRIGGER ends_sessions ON privacy_user_user_permissions;
DROP TRIGGER ends_sessions ON otp_totp_totpdevice;
DROP TRIGGER ends_sessions_when_changed ON otp_totp_totpdevice;
DROP FUNCTION privacy_user_ends_sessions();
DROP FUNCTION privacy_powers_end_sessions();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0002_groups"),
        ("otp_static", "0003_add_timestamps"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="session_number",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="Authenticator",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("otp_totp.totpdevice",),
        ),
        migrations.RunSQL(FUNCTIONS, REVERSE),
    ]
