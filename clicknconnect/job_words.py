"""What jobs do and when, in the words of who reads the admin."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

TASKS: dict[str, Any] = {
    "clicknconnect.jobs.retry_stalled": gettext_lazy(
        "Reprendre le travail d’un programme qui s’est arrêté en plein milieu"
    ),
    "clicknconnect.jobs.clean_up": gettext_lazy(
        "Effacer les sessions terminées et les compteurs de limites passés"
    ),
    "clicknconnect.jobs.forget_finished_jobs": gettext_lazy(
        "Oublier les travaux finis depuis trois jours"
    ),
    "consent.jobs.upkeep": gettext_lazy(
        "Préparer les mois à venir du journal et oublier les clés des clics d’hier"
    ),
    "consent.jobs.count_days": gettext_lazy("Compter les choix des jours passés"),
    "consent.jobs.take_pictures": gettext_lazy("Photographier le bandeau de chaque révision"),
    "consent.jobs.end": gettext_lazy("Noter la fin des accords échus ou remplacés"),
    "consent.log.jobs.anchor": gettext_lazy("Envoyer le dernier sceau hors de la maison"),
    "consent.log.jobs.seal": gettext_lazy("Sceller les nouvelles preuves"),
    "consent.log.jobs.verify": gettext_lazy("Vérifier tout le journal scellé"),
    "consent.log.jobs.leave": gettext_lazy(
        "Laisser partir les mois dont la conservation est finie"
    ),
    "privacy.jobs.send_account_letter": gettext_lazy("Envoyer un message au sujet d’un compte"),
    "privacy.retention.jobs.retain": gettext_lazy(
        "Archiver et effacer chaque nuit ce dont la conservation est finie"
    ),
    "privacy.jobs.send_objection_letter": gettext_lazy("Confirmer une opposition à la prospection"),
    "privacy.jobs.deliver": gettext_lazy(
        "Envoyer les lettres prévues : violations, changements de la politique, campagnes"
    ),
    "privacy.breaches.jobs.remind": gettext_lazy(
        "Rappeler aux responsables qu’une violation est à annoncer"
    ),
    "privacy.breaches.jobs.run_breaches": gettext_lazy(
        "Surveiller les 72 heures des violations de données"
    ),
    "privacy.contact_jobs.send_contact_acknowledgement": gettext_lazy(
        "Confirmer la réception d’un message de contact"
    ),
    "privacy.contact_jobs.send_contact_reply": gettext_lazy(
        "Envoyer la réponse à un message de contact"
    ),
    "privacy.contact_jobs.end_contact_messages": gettext_lazy(
        "Clore les messages de contact restés sans réponse et effacer ceux qui sont clos"
    ),
    "privacy.requests.jobs.acknowledge": gettext_lazy("Accuser réception d’une demande"),
    "privacy.requests.jobs.send_message": gettext_lazy("Envoyer une lettre au sujet d’une demande"),
    "privacy.requests.jobs.remind": gettext_lazy("Rappeler une échéance au personnel"),
    "privacy.requests.erasing_jobs.erase_for": gettext_lazy(
        "Effacer, comme deux personnes l’ont décidé"
    ),
    "privacy.requests.jobs.run_deadlines": gettext_lazy("Surveiller les échéances des demandes"),
    "privacy.requests.jobs.fetch_inbox": gettext_lazy("Relever la boîte aux lettres des demandes"),
    "privacy.requests.jobs.sweep_files": gettext_lazy(
        "Effacer les fichiers des demandes qui ont quitté la base"
    ),
    "privacy.rights.jobs.build_archive": gettext_lazy(
        "Préparer une copie des données d’une personne"
    ),
    "privacy.rights.jobs.expire_archives": gettext_lazy(
        "Détruire les copies de données échues ou téléchargées assez souvent"
    ),
    "privacy.jobs.forget_unconfirmed_accounts": gettext_lazy(
        "Effacer les comptes que personne n’a confirmés"
    ),
}
_EACH = re.compile(r"\*/(\d+) \* \* \* \*")
_HOURLY = re.compile(r"(\d+) \* \* \* \*")
_DAILY = re.compile(r"(\d+) (\d+) \* \* \*")


def task_words(task: str) -> str:
    """What `task` does; its name where nobody has said it."""
    return str(TASKS.get(task, task))


def schedule_words(cron: str) -> str:
    """The schedule; as it is written where it is none of the usual ones."""
    if cron == "* * * * *":
        return _("chaque minute")
    if each := _EACH.fullmatch(cron):
        minutes = int(each[1])
        return ngettext("chaque minute", "toutes les {n} minutes", minutes).format(n=minutes)
    if hourly := _HOURLY.fullmatch(cron):
        return _("chaque heure, à la minute {minute}").format(minute=int(hourly[1]))
    if daily := _DAILY.fullmatch(cron):
        return _("chaque jour à {time} (UTC)").format(time=f"{int(daily[2])}:{int(daily[1]):02}")
    return cron
