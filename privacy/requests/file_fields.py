"""Form fields for files: what a form gives is checked already, as uploads.Upload."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from privacy.requests.uploads import MOST_BYTES, MOST_FILES, NotAllowed, Upload, checked

ACCEPT = ".pdf,.jpg,.jpeg,.png,.txt"


class _Several(forms.FileInput):
    allow_multiple_selected = True


class UploadsField(forms.Field):
    """None or a few files; gives a tuple of Upload."""

    default_error_messages = {
        "many": _("Trois fichiers au plus."),
        "text": _("Attendu : un fichier."),
    }

    def __init__(self, *, most: int = MOST_FILES, **options: Any) -> None:
        self.most = most
        kind = _Several if most > 1 else forms.FileInput
        attrs = {"accept": ACCEPT, **({"multiple": True} if most > 1 else {})}
        super().__init__(widget=kind(attrs=attrs), **options)

    def clean(self, value: Any) -> tuple[Upload, ...]:
        files = value if isinstance(value, (list, tuple)) else [value] if value else []
        if not all(isinstance(file, UploadedFile) for file in files):
            raise forms.ValidationError(self.error_messages["text"])
        super().clean(files)
        if len(files) > self.most:
            raise forms.ValidationError(self.error_messages["many"])
        found, wrong = [], []
        for file in files:
            try:
                # One byte more than is allowed tells that there is more.
                found.append(checked(file.name or "", file.read(MOST_BYTES + 1)))
            except NotAllowed as error:
                wrong.append(str(error))
        if wrong:
            raise forms.ValidationError(wrong)
        return tuple(found)
