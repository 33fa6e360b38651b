"""What staff answered to a conformity warning: append-only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.evidence import Evidence


class Acknowledgement(Evidence):
    """A warning accepted with a reason, for exactly the words and values that it quoted.

    `sha256` is over these; when they change, the warning is open again. `actor` is the random id of
    an account, never a name.
    """

    id = models.UUIDField(primary_key=True)
    warning = models.CharField(_("avertissement"), max_length=20, db_index=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    quoted = models.JSONField(_("ce qui était cité"))
    reason = models.TextField(_("motif"))
    publication = models.PositiveIntegerField(_("version"), null=True)
    actor = models.UUIDField(_("par"), null=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("avertissement de conformité")
        verbose_name_plural = _("conformité")

    def __str__(self) -> str:
        return f"{self.warning} {self.sha256[:12]}"
