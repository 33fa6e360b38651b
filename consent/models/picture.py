"""Pictures of what was shown, for people who do not read HTML (CNIL 2020-092, art. 5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import Layer
from consent.models.evidence import Evidence
from consent.models.publication import Revision


class Picture(Evidence):
    """A PNG of one layer of a revision, in a window `width` pixels wide."""

    # Evidence holds no other evidence in place: `verify` says what is missing.
    revision = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="pictures",
        verbose_name=_("révision"),
    )
    layer = models.CharField(_("écran"), max_length=12, choices=Layer)
    width = models.PositiveSmallIntegerField(_("largeur (pixels)"))
    sha256 = models.CharField("SHA-256", max_length=64)
    png = models.BinaryField("PNG")
    taken_at = models.DateTimeField(_("prise le"))

    class Meta:
        verbose_name = _("image de ce qui était montré")
        verbose_name_plural = _("images de ce qui était montré")
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "layer", "width"], name="consent_picture_once"
            ),
            models.CheckConstraint(
                condition=models.Q(layer__in=Layer.values), name="consent_picture_layer_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.width}"
