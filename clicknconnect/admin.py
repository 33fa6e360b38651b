"""The background work, for staff: one screen, its lines on the front page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateJob

from clicknconnect import work
from clicknconnect.dashboard import ToDo, to_do
from clicknconnect.models import Run
from consent.admin.base import ReadOnlyAdmin

# Its own screen, registered by the import, shows arguments of jobs (they name accounts), writes
# inline styles, and lets whoever may look start and stop jobs.
import_module("procrastinate.contrib.django.admin")
admin.site.unregister(ProcrastinateJob)
WAITS_TOO_LONG = timedelta(minutes=10)
SCREEN = "admin:clicknconnect_run_changelist"


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Its list is the screen; single runs are of no use to anybody."""

    personal = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Five queries."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._retry(request)
        now = datetime.now(UTC)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Travail de fond"),
            "opts": self.opts,
            "queue": work.queue(now=now),
            "periodic": work.periodic(now=now),
            "failed": work.failed(),
            "may_retry": _may_retry(request),
        }
        return TemplateResponse(request, "admin/work.html", context)

    def _retry(self, request: HttpRequest) -> HttpResponse:
        if not _may_retry(request):
            raise PermissionDenied
        job = request.POST.get("job", "")
        try:
            if not (job.isascii() and job.isdigit() and len(job) < 19):
                raise work.NotFailed
            work.retry(by=request.user, job=int(job), now=datetime.now(UTC))  # type: ignore[arg-type]
        except work.NotFailed:
            messages.error(request, _("Ce travail n’est pas, ou plus, en échec."))
        except work.AlreadyWaiting:
            messages.warning(request, _("Le même travail attend déjà : il sera fait."))
        else:
            messages.success(request, _("Le travail sera refait."))
        return redirect(SCREEN)


def _may_retry(request: HttpRequest) -> bool:
    return request.user.has_perm("clicknconnect.retry_run")


@to_do
def background(request: HttpRequest, now: datetime) -> Iterator[ToDo]:
    """Failed jobs, a queue that waits, no worker."""
    if not request.user.has_perm("clicknconnect.view_run"):
        return
    url = reverse(SCREEN)
    failed = work.failed()
    if failed:
        text = ngettext(
            "{count} travail de fond a échoué : {first}.",
            "{count} travaux de fond ont échoué, dont : {first}.",
            len(failed),
        )
        yield ToDo(text=text.format(count=len(failed), first=failed[0].words), url=url)
    queue = work.queue(now=now)
    if not queue.workers:
        yield ToDo(text=_("Aucun programme ne fait le travail de fond."), url=url, is_urgent=True)
    elif queue.oldest_at is not None and now - queue.oldest_at > WAITS_TOO_LONG:
        yield ToDo(text=_("Le travail de fond attend depuis plus de dix minutes."), url=url)
