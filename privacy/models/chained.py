"""Steps of a timeline, chained by hashes (privacy.chain): the same columns for each."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.evidence import Evidence


class ChainedStep(Evidence):
    """`details` holds dates, names of acts and fields, and counts, never contents. A subclass adds
    the subject of its chain (a UUID) and the kinds of its steps."""

    id = models.UUIDField(primary_key=True)
    number = models.PositiveIntegerField(_("numéro"))
    at = models.DateTimeField(_("le"))
    actor = models.UUIDField(_("par"), null=True)
    # SHA-256 of the text that was sent, written or received; empty where there was none.
    content_hash = models.CharField(_("empreinte du texte"), max_length=64, blank=True)
    details = models.JSONField(_("détails"), default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(_("empreinte"), max_length=64)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"  # type: ignore[attr-defined]
