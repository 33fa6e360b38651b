"""Personal-data breaches (GDPR art. 33 and 34; DR-22): what happened, who was told, and when.

The row says nothing about anybody; its timeline is evidence, append-only and chained by hashes.
"""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from consent.fields import TranslatedField, translated
from consent.log.ids import uuid7
from privacy.models.chained import ChainedStep
from privacy.models.marketing import CampaignDelivery
from privacy.models.person import ALPHABET, DataSubject


def new_breach_reference(year: int) -> str:
    """ "BR-2026-7K3QF2": random, so that it does not tell how many there are."""
    return f"BR-{year}-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


class Risk(models.TextChoices):
    """For the rights and freedoms of the people concerned; decides who is told."""

    UNKNOWN = "", _("pas encore évalué")
    NONE = "none", _("aucun risque vraisemblable : personne à prévenir")
    RISK = "risk", _("risque : prévenir l'autorité")
    HIGH = "high", _("risque élevé : prévenir l'autorité et les personnes")


class BreachQuerySet(models.QuerySet["Breach"]):
    def running(self) -> "BreachQuerySet":
        """Those whose clock runs: the authority may have to be told, and was not."""
        return self.filter(closed_at=None, authority_told_at=None).exclude(risk=Risk.NONE)


class Breach(models.Model):
    """One breach. The database keeps the 72 hours, the reasons and what closing needs true."""

    DATABASE_GRANTS = ("SELECT", "INSERT", "UPDATE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("référence"), max_length=14, unique=True, editable=False)
    title = models.CharField(_("en bref"), max_length=200)
    aware_at = models.DateTimeField(_("connue depuis le"))
    # Exactly 72 hours later, weekends and holidays included (art. 33(1)).
    due_at = models.DateTimeField(_("à annoncer avant le"), editable=False)
    recorded_at = models.DateTimeField(_("notée le"), editable=False)
    # An account's random key, not a relation: it stays when the colleague leaves.
    recorded_by = models.UUIDField(_("notée par"), editable=False)
    # Art. 33(3)(a).
    happened = models.TextField(_("ce qui s'est passé"), max_length=10000)
    data_categories = ArrayField(
        models.CharField(max_length=50), verbose_name=_("sortes de données"), default=list,
        blank=True,
    )  # fmt: skip
    people_categories = ArrayField(
        models.CharField(max_length=50), verbose_name=_("sortes de personnes"), default=list,
        blank=True,
    )  # fmt: skip
    records_count = models.PositiveIntegerField(
        _("nombre approximatif d'enregistrements"), null=True, blank=True
    )
    people_count = models.PositiveIntegerField(
        _("nombre approximatif de personnes"), null=True, blank=True
    )
    # Art. 33(3)(c) and (d).
    consequences = models.TextField(_("conséquences probables"), max_length=10000, blank=True)
    measures = models.TextField(_("mesures prises ou proposées"), max_length=10000, blank=True)
    risk = models.CharField(_("risque"), max_length=8, choices=Risk, blank=True)
    risk_reasons = models.TextField(_("pourquoi ce risque"), max_length=5000, blank=True)
    authority_told_at = models.DateTimeField(_("annoncée à l'autorité le"), null=True, blank=True)
    authority_reference = models.CharField(_("référence de l'autorité"), max_length=100, blank=True)
    late_reasons = models.TextField(_("raisons du retard"), max_length=5000, blank=True)
    people_told_at = models.DateTimeField(_("personnes prévenues le"), null=True, blank=True)
    not_told_reasons = models.TextField(
        _("pourquoi les personnes ne sont pas prévenues"), max_length=5000, blank=True
    )
    # What the people are told, in their language (art. 34(2)).
    notice = TranslatedField(_("texte aux personnes"), blank=True)
    # Letters were ordered and some have not left: their end is a step of the timeline.
    is_telling = models.BooleanField(_("lettres en route"), default=False, editable=False)
    reminders_given = ArrayField(models.PositiveSmallIntegerField(), default=list, editable=False)
    closed_at = models.DateTimeField(_("close le"), null=True, editable=False)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name = _("violation de données")
        verbose_name_plural = _("violations de données")
        indexes = [models.Index(fields=["-aware_at", "-id"], name="privacy_breach_newest")]
        constraints = [
            *translated("breach", "notice", app="privacy"),
            models.CheckConstraint(
                condition=Q(risk__in=Risk.values), name="privacy_breach_risk_known"
            ),
            models.CheckConstraint(
                condition=Q(aware_at__lte=F("recorded_at")),
                name="privacy_breach_known_before_recorded",
                violation_error_message=_("Ce moment est encore à venir."),
            ),
            models.CheckConstraint(
                condition=Q(risk="") | ~Q(risk_reasons=""),
                name="privacy_breach_risk_with_reasons",
                violation_error_message=_("L'évaluation du risque se motive : dites pourquoi."),
            ),
            models.CheckConstraint(
                condition=Q(authority_told_at__isnull=True)
                | Q(authority_told_at__gte=F("aware_at")),
                name="privacy_breach_told_after_known",
                violation_error_message=_(
                    "L'autorité ne peut être prévenue avant que la violation soit connue."
                ),
            ),
            # Art. 33(1): a notification after 72 hours comes with the reasons for the delay.
            models.CheckConstraint(
                condition=Q(authority_told_at__isnull=True)
                | Q(authority_told_at__lte=F("due_at"))
                | ~Q(late_reasons=""),
                name="privacy_breach_late_with_reasons",
                violation_error_message=_(
                    "Annoncée plus de 72 heures après : donnez les raisons du retard "
                    "(art. 33, § 1)."
                ),
            ),
            models.CheckConstraint(
                condition=Q(people_told_at__isnull=True) | Q(people_told_at__gte=F("aware_at")),
                name="privacy_breach_people_told_after_known",
                violation_error_message=_(
                    "Les personnes ne peuvent être prévenues avant que la violation soit connue."
                ),
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True)
                | Q(risk=Risk.NONE)
                | (
                    Q(authority_told_at__isnull=False)
                    & (
                        Q(risk=Risk.RISK)
                        | (
                            Q(risk=Risk.HIGH)
                            & (Q(people_told_at__isnull=False) | ~Q(not_told_reasons=""))
                        )
                    )
                ),
                name="privacy_breach_closed_when_all_is_done",
                violation_error_message=_(
                    "Avant de clore : évaluez le risque, prévenez l'autorité s'il y en a un, et "
                    "les personnes s'il est élevé (ou dites pourquoi non, art. 34, § 3)."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_running(self) -> bool:
        return self.closed_at is None and self.authority_told_at is None and self.risk != Risk.NONE

    @property
    def was_late(self) -> bool:
        return self.authority_told_at is not None and self.authority_told_at > self.due_at


class BreachEventKind(models.TextChoices):
    RECORDED = "recorded", _("violation notée")
    CHANGED = "changed", _("description changée")
    ASSESSED = "assessed", _("risque évalué")
    REMINDED = "reminded", _("rappel aux responsables")
    AUTHORITY_TOLD = "authority_told", _("annoncée à l'autorité")
    EXPORTED = "exported", _("formulaire de l'autorité exporté")
    NOTICES_ORDERED = "notices_ordered", _("lettres aux personnes commandées")
    NOTICES_SENT = "notices_sent", _("lettres aux personnes parties")
    PEOPLE_TOLD = "people_told", _("personnes prévenues")
    CLOSED = "closed", _("close")
    REOPENED = "reopened", _("rouverte")


class BreachEvent(ChainedStep):
    """One step of the timeline of a breach."""

    breach = models.UUIDField(_("violation"))
    kind = models.CharField(_("étape"), max_length=20, choices=BreachEventKind)

    class Meta:
        verbose_name = _("étape d'une violation")
        verbose_name_plural = _("étapes des violations")
        constraints = [
            models.UniqueConstraint(
                fields=["breach", "number"], name="privacy_breachevent_one_after_another"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=BreachEventKind.values),
                name="privacy_breachevent_kind_known",
            ),
        ]


class BreachNotice(models.Model):
    """One letter about one breach to one person, at most once (art. 34)."""

    State = CampaignDelivery.State

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    breach = models.ForeignKey(
        Breach,
        on_delete=models.DO_NOTHING,
        related_name="notices",
        verbose_name=_("violation"),
    )
    person = models.ForeignKey(
        DataSubject,
        on_delete=models.DB_CASCADE,
        related_name="breach_notices",
        verbose_name=_("personne"),
    )
    state = models.CharField(
        _("état"),
        max_length=8,
        choices=CampaignDelivery.State,
        default=CampaignDelivery.State.PLANNED,
    )
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("lettre au sujet d'une violation")
        verbose_name_plural = _("lettres au sujet de violations")
        constraints = [
            models.UniqueConstraint(fields=["breach", "person"], name="privacy_breachnotice_once"),
            models.CheckConstraint(
                condition=Q(state__in=CampaignDelivery.State.values),
                name="privacy_breachnotice_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["breach", "state"], name="privacy_breachnotice_by_state"),
            models.Index(
                fields=["at"],
                name="privacy_breachnotice_waiting",
                condition=Q(state__in=["planned", "sending"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.breach_id} {self.person_id}"
