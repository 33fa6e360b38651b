"""Values that are stored; people read their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LANGUAGES = ("fr", "nl", "de", "en")
NECESSARY = "necessary"
ANALYTICS = "analytics"


class Event(models.TextChoices):
    """What a record says happened (CP-01)."""

    GIVEN = "given", _("donné")
    REFUSED = "refused", _("refusé")
    WITHDRAWN = "withdrawn", _("retiré")
    EXPIRED = "expired", _("échu")
    SUPERSEDED = "superseded", _("remplacé")


# What people decide; the other events are ends that nobody chose (consent.ends).
DECISIONS = (Event.GIVEN, Event.REFUSED, Event.WITHDRAWN)


class State(models.TextChoices):
    """What became of an acceptance (consent.states)."""

    IN_FORCE = "in_force", _("en vigueur")
    WITHDRAWN = "withdrawn", _("retiré")
    EXPIRED = "expired", _("échu")
    SUPERSEDED = "superseded", _("remplacé")


class Source(models.TextChoices):
    """Where the choice was made (CP-04)."""

    BANNER = "banner", _("bandeau")
    PREFERENCES = "preferences", _("deuxième niveau du bandeau")
    PAGE = "page", _("page des choix")
    PLACEHOLDER = "placeholder", _("contenu bloqué")
    ACCOUNT = "account", _("espace personnel")
    SCRIPT = "script", _("script du site")
    API = "api", _("API")
    AUTOMATIC = "automatic", _("constat automatique")


# Where people choose; nobody is where time passes.
PLACES = tuple(source for source in Source if source != Source.AUTOMATIC)


class Status(models.TextChoices):
    """What a visitor's cookie says to this page."""

    UNDECIDED = "undecided", _("pas encore de choix")
    DECIDED = "decided", _("choix fait")
    EXPIRED = "expired", _("choix échu")
    GPC = "gpc", _("refus signalé par le navigateur")


class Preset(models.TextChoices):
    """How the policy's numbers are applied (docs/conformity.md)."""

    POLITIQUE = "politique", _("la politique, telle qu'écrite")
    STRICT = "strict_be_fr", _("les recommandations des autorités")


class BlockKind(models.TextChoices):
    TITLE = "title", _("titre")
    SECTION = "section", _("partie")
    HEADING = "heading", _("titre de chapitre")
    SUBHEADING = "subheading", _("intertitre")
    PARAGRAPH = "paragraph", _("paragraphe")
    LIST = "list", _("liste")
    COOKIES = "cookies", _("cookies d'une catégorie")
    BROWSERS = "browsers", _("aide des navigateurs")
    COMPLEMENT = "complement", _("complément")


class Unit(models.TextChoices):
    NONE = "", "—"
    SECOND = "second", _("seconde")
    MINUTE = "minute", _("minute")
    DAY = "day", _("jour")
    MONTH = "month", _("mois")
    YEAR = "year", _("an")
    FISCAL_YEAR = "fiscal_year", _("année fiscale")


class SealKind(models.TextChoices):
    """What a link of the sealed log states."""

    RECORDS = "records", _("preuves scellées")
    DEPARTURE = "departure", _("mois effacé à la fin de sa conservation")
    KEY = "key", _("clé de signature publiée")


class AnchorKind(models.TextChoices):
    """How the newest seal leaves the house."""

    MAIL = "mail", _("courrier")
    TIMESTAMP = "timestamp", _("horodatage (RFC 3161)")


class AnchorOutcome(models.TextChoices):
    SENT = "sent", _("envoyée")
    FAILED = "failed", _("échec")


class Layer(models.TextChoices):
    """What a visitor sees of a revision."""

    BANNER = "banner", _("bandeau")
    PREFERENCES = "preferences", _("choix détaillés")
