"""The words beside each marketing choice, and their hash: what a yes agreed to can be shown."""

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from privacy.models import Channel


@dataclass(frozen=True, slots=True)
class Text:
    channel: str
    label: str
    help: str

    @property
    def sha256(self) -> str:
        """Of the two lines, as UTF-8."""
        return hashlib.sha256(f"{self.label}\n{self.help}".encode()).hexdigest()


def texts() -> list[Text]:
    """The four, in the language of the page (MK-03: each by itself)."""
    return [
        Text(
            Channel.PAPER,
            _("Des lettres d'information sur papier"),
            _("Par la poste, à votre domicile."),
        ),
        Text(
            Channel.EMAIL,
            _("Des lettres d'information par e-mail"),
            _("À l'adresse de votre compte. Chaque message a un lien pour tout arrêter."),
        ),
        Text(
            Channel.SMS,
            _("Des SMS promotionnels"),
            _("Au numéro de téléphone que vous avez indiqué."),
        ),
        Text(
            Channel.EVENTS,
            _("De la prospection lors de foires et d'événements"),
            _("Nous pouvons vous inviter à un événement ou vous parler de nos services sur place."),
        ),
    ]


def hashes() -> dict[str, str]:
    return {text.channel: text.sha256 for text in texts()}
