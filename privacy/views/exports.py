"""A person's own copies of their data: asked for, watched, fetched (art. 15, art. 20)."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clicknconnect.errors import error_page
from privacy import factor, limits
from privacy.forms import ExportForm
from privacy.models import Archive, DataSubject, User
from privacy.models.archive import MOST_DOWNLOADS
from privacy.rights import archives
from privacy.views.outcomes import redirect_with, sentence_of
from privacy.views.own import own_data
from privacy.views.rights_copy import stream

# What the page shows; older ones are gone anyway.
MOST_SHOWN = 20


@sensitive_post_parameters("password", "code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limits.throttled
@own_data
@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """Asking needs the password again: an open session is not enough to carry all of it away."""
    assert request.user.is_authenticated
    account = User.objects.get(pk=request.user.pk)
    person = DataSubject.objects.filter(account=account).first()
    has_factor = factor.is_asked(account)
    if request.method != "POST" or person is None:
        form = ExportForm(account=account, with_code=has_factor)
        return _page(request, person, form)
    now = datetime.now(UTC)
    limits.count(request, str(account.pk), limits.EXPORT, now=now)
    form = ExportForm(request.POST, account=account, with_code=has_factor)
    if form.is_valid() and _proved(account, form):
        try:
            archives.ask(
                person=person,
                kind=form.cleaned_data["kind"],
                language=request.LANGUAGE_CODE,
                now=now,
            )
        except archives.AlreadyAsked:
            form.add_error("kind", _("Une copie de cette sorte est déjà en préparation."))
        else:
            return redirect_with("account:exports", "copie-demandee")
    return _page(request, person, form, status=422)


def _proved(account: User, form: ExportForm) -> bool:
    """Who has a second factor shows it here too."""
    if "code" not in form.fields:
        return True
    if factor.verify(account=account, code=form.cleaned_data["code"]) is not None:
        return True
    form.add_error("code", _("Ce code ne convient pas."))
    return False


def _page(
    request: HttpRequest, person: DataSubject | None, form: ExportForm, *, status: int = 200
) -> HttpResponse:
    found = Archive.objects.filter(person=person, request=None).order_by("-created_at", "-pk")[
        :MOST_SHOWN
    ]
    now = datetime.now(UTC)
    rows = [{"archive": one, "open": archives.is_open(one, now)} for one in found]
    context = {
        "form": form,
        "person": person,
        "rows": rows,
        "outcome": sentence_of(request),
        "days": archives.LIFE.days,
        "most": MOST_DOWNLOADS,
    }
    return render(request, "account/exports.html", context, status=status)


@never_cache
@require_POST
@own_data
@login_required
def download(request: HttpRequest, archive: UUID) -> HttpResponseBase:
    """One of the downloads, counted. Another person's is as if it were not there."""
    assert request.user.is_authenticated
    found = Archive.objects.filter(
        pk=archive, person__account=request.user.pk, request=None
    ).first()
    if found is None:
        raise Http404
    try:
        return stream(archives.take(found, now=datetime.now(UTC)))
    except archives.ArchiveGone:
        return error_page(request, 410)
