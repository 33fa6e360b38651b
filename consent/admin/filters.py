"""Filters of the consent log that use its key: by day, and by notice without reading the log."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.figures import key_from
from consent.models import Notice


class DayFilter(ListFilter):
    """From a day to a day, both in, Brussels days: a range of keys, so of months and pages.

    A day that is none is said in the filter and shows nothing, rather than everything.
    """

    title = gettext_lazy("jour")
    template = "consent_staff/day_filter.html"
    first, last = "day_from", "day_to"

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: Any,
        model_admin: Any,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.problems: list[str] = []
        self.given: dict[str, str] = {}
        for name in (self.first, self.last):
            values = params.pop(name, None)
            if values and values[-1].strip():
                self.given[name] = values[-1].strip()
        # ChangeList asks this to know whether a filter is active.
        self.used_parameters.update(self.given)
        self.days = {name: self._day(text) for name, text in self.given.items()}
        first, last = self.days.get(self.first), self.days.get(self.last)
        if first and last and first > last:
            self.problems.append(_("Le premier jour vient après le dernier."))

    def _day(self, text: str) -> date | None:
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is None or not 2000 <= day.year <= 9000:
            self.problems.append(_("« {text} » n’est pas un jour.").format(text=text[:40]))
            return None
        return day

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.first, self.last]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """One entry, for the form: what stands in it, and the other filters as hidden fields."""
        yield {
            "first": self.given.get(self.first, ""),
            "last": self.given.get(self.last, ""),
            "problems": self.problems,
            "others": [
                (name, value)
                for name, values in changelist.filter_params.items()
                if name not in self.expected_parameters()
                for value in values
            ],
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.problems:
            return queryset.none()
        if first := self.days.get(self.first):
            queryset = queryset.filter(pk__gte=key_from(first))
        if last := self.days.get(self.last):
            queryset = queryset.filter(pk__lt=key_from(last + timedelta(days=1)))
        return queryset


class NoticeFilter(SimpleListFilter):
    """The notices there are, from their own short table."""

    title = gettext_lazy("notice")
    parameter_name = "notice"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        numbers = Notice.objects.order_by("-number").values_list("number", flat=True)
        return [(str(number), str(number)) for number in numbers]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        value = self.value()
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise IncorrectLookupParameters
        return queryset.filter(notice=int(value))
