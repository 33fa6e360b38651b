"""`encryption rotate` beside people who work: what is locked is not waited for, nor lost."""

from typing import Any

from cryptography.fernet import Fernet
from django.db import connections

from privacy import rotation
from privacy.models import DataSubject
from tests import people


def test_a_locked_row_is_left_for_the_next_run(own_database: str, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    people.person()
    locked = people.person()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    other = connections["owner"]
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM privacy_datasubject WHERE id = %s FOR UPDATE", [locked.pk]
            )
        found = {tally.label: tally for tally in rotation.run(writes=True)}
        tally = found["privacy.datasubject.iban"]
        assert (tally.old, tally.rotated, tally.locked) == (2, 1, 1)
    finally:
        other.rollback()
        other.set_autocommit(True)
    found = {tally.label: tally for tally in rotation.run(writes=True)}
    tally = found["privacy.datasubject.iban"]
    assert (tally.current, tally.rotated, tally.locked) == (1, 1, 0)
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert {who.iban for who in DataSubject.objects.all()} == {people.IBAN}
