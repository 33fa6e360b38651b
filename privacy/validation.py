"""IBAN, VAT numbers and telephones, by libraries made for them; each answers with one sentence.

A canonical form has no spaces: `BE71096123456769`, `BE0779838527`, `+3227771234`.
"""

from collections.abc import Callable

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum import iban, vatin
from stdnum.exceptions import ValidationError as WrongNumber

# Numbers typed without a country are Belgian.
HOME = "BE"


def canonical_iban(value: str) -> str:
    """Raises ValidationError when the country, the length or the check digits are wrong."""
    try:
        return str(iban.validate(value))
    except WrongNumber as error:
        raise ValidationError(
            _("Ce numéro de compte (IBAN) n'est pas correct : vérifiez chaque chiffre."),
            code="iban",
        ) from error


def canonical_vat(value: str) -> str:
    """A VAT number of the European Union, its country in front. Raises ValidationError."""
    text = value.strip().upper()
    if text[:1].isdigit():
        text = HOME + text
    try:
        return str(vatin.validate(text))
    except WrongNumber as error:
        raise ValidationError(
            _("Ce numéro de TVA n'est pas correct : vérifiez le pays et chaque chiffre."),
            code="vat",
        ) from error


def canonical_phone(value: str) -> str:
    """E.164. Raises ValidationError."""
    wrong = ValidationError(
        _("Ce numéro de téléphone n'est pas correct. Exemple : +32 2 777 12 34."), code="phone"
    )
    try:
        number = phonenumbers.parse(value, HOME)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_valid_number(number):
        raise wrong
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def validate_iban(value: str) -> None:
    canonical_iban(value)


def validate_vat(value: str) -> None:
    canonical_vat(value)


def validate_phone(value: str) -> None:
    canonical_phone(value)


# Field of a person → its canonical form.
CANONICAL: dict[str, Callable[[str], str]] = {
    "iban": canonical_iban,
    "vat_number": canonical_vat,
    "phone": canonical_phone,
}
