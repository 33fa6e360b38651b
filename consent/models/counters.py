"""Counts without anything of a person: how often the banner was shown, and choices per day."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import DECISIONS, LANGUAGES, PLACES


class Showing(models.Model):
    """Pages that asked, per day, notice and language; with a GPC signal, pages that did not ask.

    Counted by consent.showings in the memory of each web process: no row, cookie or address of
    anybody stands behind a number.
    """

    day = models.DateField(_("jour"))
    notice = models.PositiveIntegerField(_("notice"))
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES]
    )
    gpc = models.BooleanField(_("signal GPC"))
    count = models.PositiveBigIntegerField(_("pages"))

    class Meta:
        verbose_name = _("affichage du bandeau")
        verbose_name_plural = _("affichages du bandeau")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "notice", "language", "gpc"], name="consent_showing_one_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES), name="consent_showing_language_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.notice} {self.language}"


class DayCount(models.Model):
    """Choices of one whole day that is over, counted from the records (consent.figures).

    It can be made again from the records at any time; it stays when a month's records leave.
    """

    day = models.DateField(_("jour"))
    notice = models.PositiveIntegerField(_("notice"))
    event = models.CharField(
        _("décision"), max_length=12, choices=[(event.value, event.label) for event in DECISIONS]
    )
    source = models.CharField(
        _("endroit"), max_length=12, choices=[(place.value, place.label) for place in PLACES]
    )
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES]
    )
    count = models.PositiveBigIntegerField(_("nombre"))

    class Meta:
        verbose_name = _("choix d'un jour")
        verbose_name_plural = _("choix par jour")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "notice", "event", "source", "language"],
                name="consent_daycount_one_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(event__in=[event.value for event in DECISIONS]),
                name="consent_daycount_event_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=[place.value for place in PLACES]),
                name="consent_daycount_source_known",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES), name="consent_daycount_language_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.notice} {self.event}"
