"""A restored database holds people who were erased: until the replay, nobody is shown anything."""

from collections.abc import Callable
from time import monotonic

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from clicknconnect.errors import error_page
from clicknconnect.logs import logger
from privacy.journal import replay
from privacy.journal.entries import JournalError

type Handler = Callable[[HttpRequest], HttpResponse]

# A restore asks for the site to be stopped, so that looking once at the start is nearly enough.
EVERY_SECONDS = 60.0
MACHINES = {"/healthz", "/readyz", "/metrics"}
_looked: list[float] = []


def forget() -> None:
    """Look again at the next request."""
    _looked.clear()


def problems() -> list[str]:
    """Why this process should get no traffic, as sentences. Raises DatabaseError."""
    try:
        if replay.lacking():
            return [
                "The database was restored and the erasures since were not replayed: run "
                "`manage.py erasures replay --commit`."
            ]
    except JournalError as error:
        return [str(error)]
    return []


def wait_for_replay(get_response: Handler) -> Handler:
    """503 for everybody while the journal holds erasures that the database lacks."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path not in MACHINES and (
            not _looked or monotonic() - _looked[0] > EVERY_SECONDS
        ):
            try:
                found = problems()
            except DatabaseError:
                found = []  # the page itself says so, or does without the database
            else:
                if not found:
                    _looked[:] = [monotonic()]
            if found:
                logger.error("erasures_not_replayed")
                answer = error_page(request, 503)
                answer.headers["Retry-After"] = "60"
                return answer
        return get_response(request)

    return middleware
