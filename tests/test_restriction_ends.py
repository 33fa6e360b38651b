"""DR-14: the word that shows restricted rows never outlives its transaction."""

import pytest
from django.db import connections, transaction

from privacy import restriction
from privacy.models import DataSubject
from tests import people

pytestmark = pytest.mark.rule("DR-14")


def test_dr_14_the_word_leaves_with_the_transaction(own_database: str) -> None:
    """The connection goes back to the pool without it."""
    who = people.person()
    people.restrict(who)
    with pytest.raises(restriction.OutsideTransaction), restriction.seeing():
        pass
    with transaction.atomic():
        restriction._set("handle")
        assert DataSubject.objects.filter(pk=who.pk).exists()
    assert not DataSubject.objects.filter(pk=who.pk).exists()
    with pytest.raises(ZeroDivisionError), transaction.atomic(), restriction.handling():
        raise ZeroDivisionError
    assert not DataSubject.objects.filter(pk=who.pk).exists()
    # The owner, who migrates and backs up, goes past it.
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM privacy_datasubject WHERE id = %s", [who.pk])
        assert cursor.fetchone() == (1,)
