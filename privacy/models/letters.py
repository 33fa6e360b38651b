"""The words of answer letters, as managers edit them: each edit is a version of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.enums import LANGUAGES
from consent.models.evidence import Evidence


class LetterKey(models.TextChoices):
    """The letters whose words are edited."""

    RECEIVED = "received", _("accusé de réception")
    IDENTITY = "identity", _("demande d'identification")
    CLARIFICATION = "clarification", _("demande de précision")
    EXTENDED = "extended", _("délai prolongé")
    REFUSED = "refused", _("refus")
    COPY_READY = "copy_ready", _("copie prête")
    ANSWER = "answer", _("réponse")
    ANSWER_NOTHING = "answer_nothing", _("réponse : aucune donnée")
    ANSWER_DONE = "answer_done", _("réponse : c'est fait")


class LetterTemplate(Evidence):
    """One version of the words of one letter in one language; the newest is used."""

    id = models.UUIDField(primary_key=True)
    key = models.CharField(_("lettre"), max_length=20, choices=LetterKey)
    language = models.CharField(
        _("langue"), max_length=2, choices=[(code, code) for code in LANGUAGES]
    )
    version = models.PositiveIntegerField(_("version"))
    subject = models.CharField(_("objet"), max_length=150)
    body = models.TextField(_("texte"), max_length=10000)
    made_at = models.DateTimeField(_("écrite le"))
    # The account's random key, not a relation: it stays when the colleague leaves.
    made_by = models.UUIDField(_("par"))

    class Meta:
        verbose_name = _("version d'une lettre type")
        verbose_name_plural = _("lettres types")
        permissions = [("edit_lettertemplate", _("Peut écrire les lettres types"))]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "language", "version"], name="privacy_lettertemplate_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(key__in=LetterKey.values),
                name="privacy_lettertemplate_key_known",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=LANGUAGES),
                name="privacy_lettertemplate_language_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.language} {self.version}"
