"""Whom the data is about: with an account, without one, or before one."""

import secrets
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES
from consent.log.ids import uuid7
from privacy import validation
from privacy.encryption import EncryptedField
from privacy.models.account import User

# Without letters and digits that are read for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


# Letters with and without their accent are one in a search. Capitals too: in some locales the
# database's lower() leaves them.
ACCENTED = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸ"
PLAIN = "aaaaaaceeeeiiiinoooooouuuuyy" * 2


def folded(text: str) -> str:
    """How the columns of the search write `text`: small letters, no accents."""
    return text.lower().translate(str.maketrans(ACCENTED, PLAIN))


def folding(column: str) -> models.Func:
    """The same by the database."""
    return models.Func(
        Lower(column),
        models.Value(ACCENTED),
        models.Value(PLAIN),
        function="translate",
        output_field=models.TextField(),
    )


def new_reference() -> str:
    """ "P-7K3QF2AB": random, so that it tells nothing."""
    return "P-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


class DataSubject(models.Model):
    """A person about whom data is held (PF-41).

    The account and the contract end on days of their own: each starts its own clock (RT-01, RT-04).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(
        _("référence"), max_length=12, unique=True, default=new_reference, editable=False
    )
    account = models.OneToOneField(
        User,
        on_delete=models.DB_SET_NULL,
        null=True,
        blank=True,
        related_name="subject",
        verbose_name=_("compte"),
    )
    first_name = models.CharField(_("prénom"), max_length=100, blank=True)
    last_name = models.CharField(_("nom"), max_length=100, blank=True)
    street = models.CharField(_("rue et numéro"), max_length=200, blank=True)
    postal_code = models.CharField(_("code postal"), max_length=12, blank=True)
    city = models.CharField(_("localité"), max_length=100, blank=True)
    country = models.CharField(
        _("pays"),
        max_length=2,
        default="BE",
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Le pays s'écrit en deux lettres."))],
    )
    email = models.EmailField(_("adresse e-mail"), blank=True)
    phone = models.CharField(
        _("téléphone"), max_length=20, blank=True, validators=[validation.validate_phone]
    )
    iban = EncryptedField(
        _("numéro de compte (IBAN)"), blank=True, default="", validators=[validation.validate_iban]
    )
    vat_number = models.CharField(
        _("numéro de TVA"), max_length=20, blank=True, validators=[validation.validate_vat]
    )
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES], default="fr"
    )
    account_opened_on = models.DateField(_("compte ouvert le"), null=True, blank=True)
    account_closed_on = models.DateField(_("compte expiré le"), null=True, blank=True)
    contract_started_on = models.DateField(_("contrat conclu le"), null=True, blank=True)
    contract_ended_on = models.DateField(_("contrat terminé le"), null=True, blank=True)
    last_contact_on = models.DateField(_("dernier contact le"), null=True, blank=True)
    created_at = models.DateTimeField(_("enregistré le"), auto_now_add=True)
    archived_at = models.DateTimeField(_("archivé le"), null=True, editable=False)
    # What stays of a person when only accounting documents are left: this row, empty.
    anonymised_at = models.DateTimeField(_("anonymisé le"), null=True, editable=False)
    # For the search: the database makes them, so they empty with the name. Under row-level security
    # an index serves only comparisons that leak nothing, which LIKE and lower() are not.
    first_key = models.GeneratedField(
        expression=folding("first_name"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    last_key = models.GeneratedField(
        expression=folding("last_name"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        permissions = [
            ("view_archive", _("Peut voir les archives à accès restreint")),
            ("correct_datasubject", _("Peut corriger les données d'une personne")),
        ]
        indexes = [
            models.Index(fields=["email"], name="privacy_person_email"),
            models.Index(fields=["last_name", "first_name"], name="privacy_person_name"),
            models.Index(fields=["last_key", "first_key"], name="privacy_person_last_key"),
            models.Index(fields=["first_key"], name="privacy_person_first_key"),
            models.Index(fields=["phone"], name="privacy_person_phone"),
            models.Index(
                fields=["account_closed_on"],
                name="privacy_person_account_closed",
                condition=models.Q(anonymised_at__isnull=True),
            ),
            models.Index(
                fields=["contract_ended_on"],
                name="privacy_person_contract_ended",
                condition=models.Q(anonymised_at__isnull=True),
            ),
            # For the night: whom to archive, and for whom no date starts a clock.
            models.Index(
                fields=["account_closed_on"],
                name="privacy_person_to_archive",
                condition=models.Q(
                    anonymised_at__isnull=True,
                    archived_at__isnull=True,
                    account_closed_on__isnull=False,
                ),
            ),
            models.Index(
                fields=["id"],
                name="privacy_person_no_anchor",
                condition=models.Q(
                    anonymised_at__isnull=True,
                    account_opened_on__isnull=True,
                    contract_started_on__isnull=True,
                ),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="privacy_person_email_lowercase"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES), name="privacy_person_language_known"
            ),
            models.CheckConstraint(
                condition=models.Q(account_closed_on__isnull=True)
                | models.Q(account_opened_on__isnull=False),
                name="privacy_person_closed_was_open",
                violation_error_message=_("Un compte expiré a d'abord été ouvert."),
            ),
            models.CheckConstraint(
                condition=models.Q(account_closed_on__isnull=True)
                | models.Q(account_closed_on__gte=models.F("account_opened_on")),
                name="privacy_person_account_dates",
                violation_error_message=_("Le compte ne peut expirer avant d'être ouvert."),
            ),
            models.CheckConstraint(
                condition=models.Q(contract_ended_on__isnull=True)
                | models.Q(contract_started_on__isnull=False),
                name="privacy_person_ended_had_begun",
                violation_error_message=_("Un contrat terminé a d'abord été conclu."),
            ),
            models.CheckConstraint(
                condition=models.Q(contract_ended_on__isnull=True)
                | models.Q(contract_ended_on__gte=models.F("contract_started_on")),
                name="privacy_person_contract_dates",
                violation_error_message=_("Le contrat ne peut finir avant d'être conclu."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.reference

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def clean(self) -> None:
        """The canonical form of what was typed, so that one number is always one text."""
        for name, canonical in validation.CANONICAL.items():
            # What is wrong was said at the field, by its validator.
            with suppress(ValidationError):
                setattr(self, name, canonical(getattr(self, name)) if getattr(self, name) else "")
        self.email = self.email.lower()
