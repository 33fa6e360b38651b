"""What staff can switch and what browsers report."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from consent.enums import DECISIONS, Preset


class Control(models.Model):
    """One row: the analytics kill switch (GA-11); GA_ENABLED can only close more."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    analytics_enabled = models.BooleanField(_("mesure d'audience permise"), default=True)
    analytics_property_retention_months = models.PositiveSmallIntegerField(
        _("conservation dans la propriété Google Analytics (mois)"), null=True, blank=True
    )
    analytics_property_checked_on = models.DateField(
        _("réglage Google vérifié le"), null=True, blank=True
    )
    proof_retention_years = models.PositiveSmallIntegerField(
        _("conservation des preuves de choix après leur fin (années)"),
        default=5,
        db_default=5,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Un mois de preuves est effacé en entier, une fois ce délai écoulé pour tous ses choix."
        ),
    )
    # Empty while staff never chose: then POLICY_PRESET says it (consent.presets).
    policy_preset = models.CharField(
        _("préréglage choisi"),
        max_length=20,
        choices=Preset,
        blank=True,
        default="",
        db_default="",  # rows that a release before this field still writes
        editable=False,
    )

    class Meta:
        verbose_name = _("réglage de la mesure d'audience")
        verbose_name_plural = _("réglages de la mesure d'audience")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="consent_control_one_row"),
            models.CheckConstraint(
                condition=models.Q(proof_retention_years__gte=1),
                name="consent_control_proofs_kept_a_year",
            ),
            models.CheckConstraint(
                condition=models.Q(policy_preset__in=["", *Preset.values]),
                name="consent_control_policy_preset_known",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Mesure d'audience"))


class Unrecorded(models.Model):
    """Choices in force whose record was not written, counted per day (consent.unrecorded)."""

    day = models.DateField(_("jour"))
    event = models.CharField(
        _("décision"), max_length=12, choices=[(event.value, event.label) for event in DECISIONS]
    )
    count = models.PositiveIntegerField(_("nombre"))

    class Meta:
        verbose_name = _("choix non enregistré")
        verbose_name_plural = _("choix non enregistrés")
        constraints = [
            models.UniqueConstraint(fields=["day", "event"], name="consent_unrecorded_one_a_day"),
            models.CheckConstraint(
                condition=models.Q(event__in=[event.value for event in DECISIONS]),
                name="consent_unrecorded_event_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.event}"


class CspReport(models.Model):
    """Violations of the content security policy, counted per day, directive, origin and route."""

    day = models.DateField(_("jour"))
    directive = models.CharField(_("directive"), max_length=40)
    blocked = models.CharField(_("origine bloquée"), max_length=100)
    route = models.CharField(_("page"), max_length=100)
    count = models.PositiveIntegerField(_("nombre"), default=1)
    last_at = models.DateTimeField(_("dernier signalement"), db_default=Now())

    class Meta:
        verbose_name = _("signalement CSP")
        verbose_name_plural = _("signalements CSP")
        permissions = [("handle_cspreport", _("Peut traiter les signalements CSP"))]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "directive", "blocked", "route"], name="consent_cspreport_one_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.directive} {self.blocked}"


class CspHandled(models.Model):
    """What staff found out about reports of one directive, origin and route up to a moment.

    Reports after `through` open the group again; earlier handlings are in the journal.
    """

    directive = models.CharField(_("directive"), max_length=40)
    blocked = models.CharField(_("origine bloquée"), max_length=100)
    route = models.CharField(_("page"), max_length=100)
    through = models.DateTimeField(_("signalements jusqu'au"))
    reason = models.CharField(_("motif"), max_length=500)
    at = models.DateTimeField(_("traité le"))
    by = models.UUIDField(_("par"))

    class Meta:
        verbose_name = _("signalement CSP traité")
        verbose_name_plural = _("signalements CSP traités")
        constraints = [
            models.UniqueConstraint(
                fields=["directive", "blocked", "route"], name="consent_csphandled_one_a_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.directive} {self.blocked}"
