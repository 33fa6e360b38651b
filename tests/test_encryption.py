"""`manage.py encryption`: a new key in front, everything written anew, the old key may go."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from privacy import restriction, rotation
from privacy.encryption import keyed_hash
from privacy.models import Authenticator, DataKey, DataSubject, Invoice, User
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(settings: Any) -> tuple[str, str]:
    """(old, new): values of the test are written under the old one."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    hashing = DataKey.objects.get(name="hash")
    settings.FIELD_ENCRYPTION_KEYS = [old]
    hashing.save(update_fields=["key"])
    return old, new


def tokens() -> dict[Any, str]:
    with transaction.atomic(), restriction.seeing(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, iban FROM privacy_datasubject WHERE iban <> ''"
            " UNION ALL SELECT id, iban FROM privacy_invoice WHERE iban <> ''"
        )
        return dict(cursor.fetchall())


def encryption(*arguments: str) -> str:
    out = StringIO()
    call_command("encryption", *arguments, stdout=out)
    return out.getvalue()


def test_after_a_rotation_the_old_key_is_not_needed(settings: Any, keys: tuple[str, str]) -> None:
    old, new = keys
    who, hidden = people.person(), people.person()
    people.invoice(who)
    people.restrict(hidden)
    device = Authenticator(user=User.objects.create_user("staff@example.test", "x"))
    device.seal(b"s" * 20)
    device.save()
    hashed = keyed_hash("zoe@example.test", about="suppression")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    with pytest.raises(CommandError, match=r"5 value\(s\) still need an older key"):
        encryption("check")
    before = tokens()
    out = encryption("rotate", "--batch", "1")
    assert "privacy.datasubject.iban: 0 under the first key, 2 under an older one, 2 written" in out
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert "older ones may leave" in encryption("check")
    assert DataSubject.objects.get(pk=who.pk).iban == people.IBAN
    assert Invoice.objects.get().iban == people.IBAN
    with restriction.seeing():
        assert DataSubject.objects.get(pk=hidden.pk).iban == people.IBAN
    assert Authenticator.objects.get().bin_key == b"s" * 20
    # Hashes outlive it: a list of objections is still the same list.
    assert keyed_hash("zoe@example.test", about="suppression") == hashed
    after = tokens()
    assert all(after[key] != before[key] for key in before)
    assert "0 written anew" in encryption("rotate")
    assert tokens() == after


def test_what_no_key_opens_is_left_and_named(settings: Any, keys: tuple[str, str]) -> None:
    people.person()
    before = tokens()
    settings.FIELD_ENCRYPTION_KEYS = [keys[1]]
    with pytest.raises(CommandError, match=r"No key .* opens 2 value"):
        encryption("rotate")
    assert tokens() == before


def test_an_empty_text_stays_empty(settings: Any, keys: tuple[str, str]) -> None:
    who = people.person(iban="")
    settings.FIELD_ENCRYPTION_KEYS = [keys[1], keys[0]]
    encryption("rotate")
    assert DataSubject.objects.get(pk=who.pk).iban == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT iban FROM privacy_datasubject")
        assert cursor.fetchall() == [("",)]


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(CommandError, match="at least 1"):
        encryption("check", "--batch", "0")


def test_every_encrypted_column_is_rotated() -> None:
    labels = {f"{model._meta.label_lower}.{field.name}" for model, field in rotation.columns()}
    assert {"privacy.datasubject.iban", "privacy.invoice.iban", "privacy.datakey.key"} <= labels
