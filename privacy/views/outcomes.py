"""What a page says after a redirect: a word in the address stands for a constant sentence.

So nothing about the person is in the address, and no cookie has to carry it.
"""

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "deconnecte": _("Vous êtes déconnecté."),
    "mot-de-passe": _("Votre mot de passe est enregistré. Vous pouvez vous connecter."),
    "facteur-retire": _("Votre second facteur est retiré."),
    "oppose": _("Votre opposition est en vigueur."),
    "compte-ferme": _("Votre compte est fermé. Nous vous le confirmons par e-mail."),
    "copie-demandee": _("Votre copie est demandée. Revenez dans quelques minutes."),
    "enregistre": _("Vos modifications sont enregistrées."),
}
DONE = "fait"


def redirect_with(page: str, outcome: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(page)}?{DONE}={outcome}")


def sentence_of(request: HttpRequest) -> str:
    return str(SENTENCES.get(request.GET.get(DONE, ""), ""))
