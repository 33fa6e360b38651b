"""Numbers that people type: one canonical form, one clear sentence for each mistake (PF-41)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from privacy import validation
from privacy.models import DataSubject

FRENCH_IBAN = "FR1420041010050500013M02606"


@pytest.mark.parametrize(
    ("check", "typed", "canonical"),
    [
        (validation.canonical_iban, "be71 0961 2345 6769", "BE71096123456769"),
        (validation.canonical_iban, "FR14 2004 1010 0505 0001 3M02 606", FRENCH_IBAN),
        (validation.canonical_vat, "BE 0779.838.527", "BE0779838527"),
        (validation.canonical_vat, "0779.838.527", "BE0779838527"),
        (validation.canonical_phone, "02 777 12 34", "+3227771234"),
        (validation.canonical_phone, "+33 1 42 68 53 00", "+33142685300"),
    ],
)  # fmt: skip
def test_pf_41_one_number_is_one_text(check: object, typed: str, canonical: str) -> None:
    assert check(typed) == canonical  # type: ignore[operator]
    assert check(canonical) == canonical  # type: ignore[operator]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("iban", "BE71 0961 2345 6768"),
        ("iban", "BE71"),
        ("iban", "ZZ71096123456769"),
        ("vat_number", "BE 0779.838.528"),
        ("vat_number", "XX123"),
        ("phone", "12"),
        ("phone", "+32 999"),
        ("phone", "ring me"),
        ("country", "b1"),
    ],
)
def test_pf_41_a_wrong_number_names_its_field(field: str, typed: str) -> None:
    with pytest.raises(ValidationError) as error:
        DataSubject(**{field: typed}).full_clean(validate_unique=False, validate_constraints=False)
    assert {name: len(said) for name, said in error.value.message_dict.items()} == {field: 1}


@given(st.text(max_size=60))
def test_pf_41_whatever_is_typed_is_a_number_or_a_sentence(typed: str) -> None:
    for check in validation.CANONICAL.values():
        try:
            canonical = check(typed)
        except ValidationError:
            continue
        assert check(canonical) == canonical


@pytest.mark.django_db
def test_pf_41_an_iban_is_not_readable_in_the_database() -> None:
    person = DataSubject(iban="BE71 0961 2345 6769")
    person.full_clean()
    person.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT iban FROM privacy_datasubject WHERE id = %s", [person.pk])
        (stored,) = cursor.fetchone()
    assert "0961" not in stored
    assert DataSubject.objects.get(pk=person.pk).iban == "BE71096123456769"
    with pytest.raises(Exception, match="lookup"):
        DataSubject.objects.filter(iban="BE71096123456769").exists()
