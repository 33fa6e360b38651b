"""What staff did: append-only, without a relation to anything that can be erased."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.evidence import Evidence


class Act(Evidence):
    """One act of staff or of a command; `actor` is the random id of an account, never a name."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField(_("le"), db_index=True)
    actor = models.UUIDField(_("par"), null=True)
    act = models.CharField(_("acte"), max_length=60)
    target = models.CharField(_("objet"), max_length=200, blank=True)
    details = models.JSONField(_("détails"), default=dict)

    class Meta:
        verbose_name = _("acte du personnel")
        verbose_name_plural = _("actes du personnel")

    def __str__(self) -> str:
        return f"{self.act} {self.target}".strip()
