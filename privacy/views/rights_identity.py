"""How a person lifts a doubt about who they are, when staff wrote one down (DR-04)."""

from datetime import UTC, datetime

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clicknconnect.errors import error_page
from clicknconnect.middleware import takes_files
from privacy.models import IdentityDocument, RightsRequest
from privacy.requests import identity, links
from privacy.requests.file_fields import UploadsField
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from privacy.views.own import own_data


class DocumentForm(forms.Form):
    documents = UploadsField(
        label=_("Le document, masqué"),
        most=1,
        help_text=_("Un seul fichier, de 5 Mio au plus : PDF, JPEG, PNG ou texte."),
        error_messages={"required": _("Choisissez un fichier.")},
    )


@takes_files
@own_data
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    try:
        asked = links.to_follow(reference, token, now=datetime.now(UTC))
    except links.UnknownLink as error:
        raise Http404 from error
    except links.SpentLink:
        return error_page(request, 410)
    return _document(request, asked)


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
@own_data
@login_required
def own(request: HttpRequest, reference: str) -> HttpResponse:
    asked = RightsRequest.objects.filter(reference=reference, account=request.user.pk).first()
    if asked is None:
        raise Http404
    return _document(request, asked)


def _document(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    """Only while it is awaited; afterwards there is nothing to send."""
    if asked.status != Status.AWAITING_IDENTITY:
        return error_page(request, 410)
    has_come = IdentityDocument.objects.filter(request=asked).exists()
    form = DocumentForm()
    if request.method == "POST":
        form = DocumentForm(request.POST, request.FILES)
        if form.is_valid():
            (upload,) = form.cleaned_data["documents"]
            try:
                identity.receive(request=asked, upload=upload, now=datetime.now(UTC))
            except NotPossible as error:
                form.add_error(None, str(error))
            else:
                has_come = True
    context = {"asked": asked, "form": form, "has_come": has_come}
    status = 422 if form.errors else 200
    response = render(request, "rights/identity.html", context, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
