"""How a person lifts a doubt about who they are, when staff wrote one down (DR-04)."""

from datetime import UTC, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clicknconnect.errors import error_page
from clicknconnect.middleware import takes_files
from privacy.models import IdentityDocument, RightsRequest
from privacy.requests import identity
from privacy.requests.file_fields import UploadsField
from privacy.requests.moves import NotPossible
from privacy.requests.states import Status
from privacy.views.doors import by_account, by_mailed_link, private
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
@by_mailed_link
def by_link(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
    return _document(request, asked)


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
@own_data
@by_account
def own(request: HttpRequest, asked: RightsRequest) -> HttpResponse:
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
    return private(render(request, "rights/identity.html", context, status=status))
