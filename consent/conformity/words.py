"""What each tension quotes from a published version; nothing when it no longer stands. Pure."""

from collections.abc import Callable

from django.conf import settings

from consent.conformity.published import Published

SIX_MONTHS = 184 * 86_400  # the longest six months
THIRTEEN_MONTHS = 393 * 86_400  # the shortest thirteen months
type Quoted = tuple[str, ...]


def phrase(*words: str) -> Callable[[Published], Quoted]:
    """Stands while the words do."""

    def examine(version: Published) -> Quoted:
        return version.quoting(*words)

    return examine


def _life(row: dict[str, object]) -> str:
    return f"{row['name']} : {row['lifetime']} ({row['lifetime_seconds']} s)"


def choice_life(version: Published) -> Quoted:
    row = version.cookie("cookieconsent_status")
    if row is None or 0 < row.get("choice_months", 0) <= 6:
        return ()
    return (_life(row),) if row["lifetime_seconds"] > SIX_MONTHS else ()


def analytics_life(version: Published) -> Quoted:
    return tuple(
        _life(row)
        for row in version.french["cookies"]
        if row["name"].startswith("_ga") and row["lifetime_seconds"] > THIRTEEN_MONTHS
    )


def silent_on_consent(version: Published) -> Quoted:
    if not _measures(version):
        return ()
    if version.says(r"analyti\w+\b.*\b(accord|consent)|(accord|consent)\w*\b.*\banalyti"):
        return ()
    return version.quoting("utilise des cookies analytiques") or ("—",)


def silent_on_access(version: Published) -> Quoted:
    if not _measures(version) or (
        version.says(r"google.*\bacc[èe]s|acc[èe]s\w*\b.*google", part="cookies")
        and version.says(r"mesur|finalit|statisti", part="cookies")
    ):
        return ()
    return version.quoting("utilise des cookies analytiques") or ("—",)


def silent_on_withdrawal(version: Published) -> Quoted:
    if version.says(r"gérer mes cookies|retirer (votre|l')\s*(accord|consentement)"):
        return ()
    return version.quoting("vous pouvez utiliser un paramètre de votre navigateur") or ("—",)


def silent_on_objection(version: Published) -> Quoted:
    if version.says(r"oppos\w+.*(prospection|marketing)|(prospection|marketing).*oppos"):
        return ()
    return version.quoting("Droit d'opposition") or ("—",)


def _measures(version: Published) -> bool:
    return any(row["key"] == "analytics" for row in version.french["categories"])


def login_cookies(version: Published) -> Quoted:
    """The site makes these words true; they are wrong only when the code keeps another life."""
    real = {
        settings.SESSION_COOKIE_NAME: settings.SESSION_COOKIE_AGE,
        settings.CSRF_COOKIE_NAME: settings.CSRF_COOKIE_AGE,
    }
    return tuple(
        _life(row)
        for name, seconds in real.items()
        if (row := version.cookie(name)) is not None and row["lifetime_seconds"] != seconds
    )


def stale_cookie(version: Published) -> Quoted:
    return tuple(_life(row) for row in version.french["cookies"] if row["name"] == "_gat")


def transfer_and_servers(version: Published) -> Quoted:
    transfers = tuple(str(row["transfer"]) for row in version.french["services"] if row["transfer"])
    servers = version.quoting("serveurs localisés au sein de l'Union européenne")
    return (*servers, *transfers) if transfers else ()


def two_controllers(version: Published) -> Quoted:
    trade, legal = version.fact("trade_name")["words"], version.fact("controller_name")["words"]
    if trade == legal or version.says(r"nom commercial"):
        return ()
    return version.quoting(f"{trade}, responsable du traitement")


def browsers(version: Published) -> Quoted:
    return tuple(
        str(row["label"])
        for row in version.french["browsers"]
        if not row["url"].startswith("https://") or row["is_obsolete"]
    )


def accounting(version: Published) -> Quoted:
    if version.amount("accounting_retention", "fiscal_year") >= 10:
        return ()
    return version.quoting("données comptables")


def promotion(version: Published) -> Quoted:
    if 0 < version.amount("promotion_retention", "year") <= 3:
        return ()
    return version.quoting("après la fin de la relation contractuelle")


def undated(version: Published) -> Quoted:
    if version.says(r"en vigueur (depuis|le|au|à partir)"):
        return ()
    return tuple(block.texts[0] for block in version.blocks if block.kind == "title")


def watched(version: Published) -> Quoted:
    """No text of ours to mend: it stays until staff say that they follow it."""
    return ("COM(2025) 837, art. 88a",)
