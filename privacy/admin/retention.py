"""Retention, for staff: what falls due and why, what was done, and what waits for a decision."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clicknconnect.dashboard import ToDo, to_do
from consent.admin.base import ReadOnlyAdmin
from consent.periods import local_day
from privacy.models import AccountingApproval, Invoice, RetentionRun
from privacy.retention import approvals, preview
from privacy.retention.rules import NoRules, Unit, published
from privacy.sources.base import sources

SHOWN = 50
RUNS = 30
SCREEN = "admin:privacy_retentionrun_changelist"
MAY_DECIDE = "privacy.decide_accountingapproval"
# The night's run, and an hour for it.
TOO_LATE = timedelta(hours=27)
UNITS = {
    Unit.DAY: gettext_lazy("jour(s)"),
    Unit.YEAR: gettext_lazy("an(s)"),
    Unit.FISCAL_YEAR: gettext_lazy("exercice(s) comptable(s)"),
}
TRIGGERS = {
    "account_closed_on": gettext_lazy("après l’expiration du compte et la fin du contrat"),
    "issued_on": gettext_lazy("après celui du document"),
    "closed_at": gettext_lazy("après la clôture du message"),
    "ended_at": gettext_lazy("après la fin de la demande"),
}


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    """Its list is the screen of retention; a row is one batch's evidence."""

    fields = (
        "run", "rule", "at", "as_of", "counts", "is_total", "publication", "publication_sha256",
        "declarations_sha256", "milliseconds", "hash",
    )  # fmt: skip

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A few queries for each rule and horizon, whatever the number of rows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = datetime.now(UTC)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Conservation"),
            "opts": self.opts,
            "findings": list(preview.findings().values_list("reference", flat=True)[:SHOWN]),
            "findings_count": preview.findings().count(),
            "batches": list(approvals.open_batches()),
            "approved": list(approvals.approved_batches()),
            "runs": _runs(),
            "may_decide": request.user.has_perm(MAY_DECIDE),
        }
        try:
            context["rules"] = list(_rules(now))
        except NoRules as error:
            messages.error(request, str(error))
        return TemplateResponse(request, "admin/retention.html", context)


def _runs() -> list[tuple[RetentionRun, Any, list[tuple[Any, int]]]]:
    """The last ones, with their rule and what they erased in words."""
    known = sources()
    return [
        (
            run,
            preview.TITLES.get(run.rule, run.rule),
            [
                (known[label].model._meta.verbose_name_plural, count)
                for label, count in run.counts.items()
                if label in known
            ],
        )
        for run in RetentionRun.objects.filter(is_total=True).order_by("-at", "-pk")[:RUNS]
    ]


def _rules(now: datetime) -> Iterator[dict[str, Any]]:
    """Each rule as the template shows it. Raises NoRules."""
    rules, today = published(), local_day(now)
    for section in preview.sections(rules=rules, now=now, models=False):
        rule = section.rule
        found = list(preview.records(rule.key, rules=rules, now=now, limit=SHOWN))
        yield {
            "key": rule.key,
            "title": section.title,
            "amount": rule.amount,
            "unit": UNITS[rule.unit],
            "trigger": TRIGGERS[rule.trigger],
            "needs_approval": rule.needs_approval,
            "counts": [
                (ahead, by, counts[section.first]) for ahead, by, counts in section.horizons
            ],
            "records": [(item, item.due_on <= today) for item in found],
            "more": max(0, section.count(preview.HORIZONS[-1]) - len(found)),
        }


@admin.register(AccountingApproval)
class AccountingApprovalAdmin(ReadOnlyAdmin):
    list_display = ("as_of", "count", "issued_until", "proposed_at", "state", "decide_link")
    ordering = ("-proposed_at",)
    list_per_page = 50
    fields = (
        "state", "as_of", "count", "issued_until", "proposed_at", "publication", "fingerprint",
        "approved_at", "approved_by", "refused_at", "refused_by", "reason", "executed_at",
        "decide_link",
    )  # fmt: skip
    readonly_fields = ("state", "reason", "decide_link")

    @admin.display(description=gettext_lazy("état"))
    def state(self, row: AccountingApproval) -> str:
        return state_words(row)

    @admin.display(description=gettext_lazy("motif du refus"), empty_value="-")
    def reason(self, row: AccountingApproval) -> str | None:
        if row.refused_because == approvals.DRIFT:
            return _("Le lot a changé depuis son approbation : rien n’en est plus détruit.")
        return row.refused_because or None

    @admin.display(description=gettext_lazy("décision"), empty_value="-")
    def decide_link(self, row: AccountingApproval) -> Any:
        if row.refused_at or row.executed_at:
            return None
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:privacy_accountingapproval_decide", args=[row.pk]),
            _("examiner"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decide)
        return [
            path("<uuid:pk>/decide/", view, name="privacy_accountingapproval_decide"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The batch, document by document; who may decide approves or refuses it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = AccountingApproval.objects.filter(pk=pk).first()
        if batch is None:
            raise Http404
        if request.method == "POST":
            return self._decided(request, batch)
        documents = Invoice.objects.filter(pk__in=batch.documents.values("invoice"))
        there = documents.order_by("issued_on", "number").values_list("number", "issued_on")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Détruire des documents comptables"),
            "opts": self.opts,
            "batch": batch,
            "state": state_words(batch),
            "is_open": not (batch.approved_at or batch.refused_at),
            "documents": list(there[:SHOWN]),
            "more": max(0, documents.count() - SHOWN),
            "may_decide": request.user.has_perm(MAY_DECIDE),
            "may_take_back": bool(
                batch.approved_at and not batch.refused_at and not batch.executed_at
            ),
        }
        return TemplateResponse(request, "admin/retention_decide.html", context)

    def _decided(self, request: HttpRequest, batch: AccountingApproval) -> HttpResponse:
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        again = redirect("admin:privacy_accountingapproval_decide", batch.pk)
        by: Any = request.user
        now = datetime.now(UTC)
        reason = request.POST.get("reason", "").strip()
        try:
            if request.POST.get("decision") == "approve":
                if request.POST.get("confirm") != "yes":
                    messages.error(request, _("Cochez la case qui confirme, puis recommencez."))
                    return again
                expected = request.POST.get("fingerprint", "")
                approvals.approve(batch=batch, by=by, now=now, expected=expected)
                messages.success(request, _("Le lot est approuvé : il sera détruit cette nuit."))
            elif not 0 < len(reason) <= 500 or reason == approvals.DRIFT:
                messages.error(request, _("Écrivez le motif du refus, en 500 signes au plus."))
                return again
            else:
                approvals.refuse(batch=batch, by=by, now=now, reason=reason)
                messages.success(request, _("Le lot est refusé : ses documents restent."))
        except approvals.AlreadyDecided:
            messages.error(request, _("Rien n’a été fait : le lot a été décidé entre-temps."))
        return redirect(SCREEN)


def state_words(batch: AccountingApproval) -> str:
    if batch.executed_at:
        return _("détruit")
    if batch.refused_at:
        return _("refusé")
    return _("approuvé, à détruire") if batch.approved_at else _("attend une décision")


@to_do
def retention_waits(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    """Batches to decide, people without a date, and what should have gone already."""
    if not request.user.has_perm("privacy.view_retentionrun"):
        return
    url = reverse(SCREEN)
    if request.user.has_perm(MAY_DECIDE):
        waiting = list(approvals.open_batches().values_list("count", flat=True))
        if waiting:
            text = ngettext(
                "{count} document comptable attend que vous approuviez sa destruction.",
                "{count} documents comptables attendent que vous approuviez leur destruction.",
                sum(waiting),
            )
            yield ToDo(text=text.format(count=sum(waiting)), url=url)
    findings = preview.findings().count()
    if findings:
        text = ngettext(
            "Pour {count} personne, aucune date ne fait courir de délai de conservation.",
            "Pour {count} personnes, aucune date ne fait courir de délai de conservation.",
            findings,
        )
        yield ToDo(text=text.format(count=findings), url=url)
    if _is_late(now):
        yield ToDo(
            text=_("La conservation n’a pas été appliquée la nuit passée."),
            url=url,
            is_urgent=True,
        )


def _is_late(now: datetime) -> bool:
    """Whether there were runs, and the last night made none (RT-09)."""
    last = RetentionRun.objects.filter(is_total=True).aggregate(last=Max("at"))["last"]
    return last is not None and now - last > TOO_LATE
