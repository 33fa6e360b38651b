"""What not even the owner of the tables may do to a timeline."""

import pytest
from django.db import DatabaseError, connections

from tests.requests import filed


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'closed'", "DELETE FROM {}"])
def test_dr_20_not_even_the_owner_rewrites_the_timeline(own_database: str, statement: str) -> None:
    filed()
    with pytest.raises(DatabaseError, match="append-only"), connections["owner"].cursor() as cursor:
        cursor.execute(statement.format("privacy_requestevent"))
