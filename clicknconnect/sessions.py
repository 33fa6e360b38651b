"""Sessions exist for logged-in people only (CK-14, T-06, PF-10)."""

from time import time

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

# When the session ends (seconds since the epoch), fixed at login: no visit prolongs it (CK-12).
ENDS_AT = "_ends_at"


class AuthenticatedSessionMiddleware(SessionMiddleware):
    """Django's session middleware, but an anonymous session is never stored nor sent.

    The cookie is sent when its key changes (login, password change), with what is left of its life.
    A cookie that names no living session is taken away, with the token beside it.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.session = self.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = getattr(request, "session", None)
        if session is None:
            return response
        sent = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        has_cookie = sent is not None or settings.CSRF_COOKIE_NAME in request.COOKIES
        if not has_cookie and not session.modified:
            return response
        # Django also ends the session of an account that was closed or whose password changed.
        if SESSION_KEY not in session or not request.user.is_authenticated:
            if has_cookie:
                forget(response)
            return response
        if session.modified and response.status_code < 500:
            self._save(request, response, sent)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def _save(self, request: HttpRequest, response: HttpResponse, sent: str | None) -> None:
        session = request.session
        now = int(time())
        ends_at = session.setdefault(ENDS_AT, now + settings.SESSION_COOKIE_AGE)
        remaining = max(0, ends_at - now)
        session.set_expiry(remaining)
        try:
            session.save()
        except UpdateError as error:
            raise SessionInterrupted("The session ended while this page was made.") from error
        if session.session_key != sent:
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                session.session_key or "",
                max_age=remaining,
                path=settings.SESSION_COOKIE_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite="Lax",
            )


def forget(response: HttpResponse) -> None:
    """Take both cookies of a logged-in person away."""
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        response.delete_cookie(name, path="/", samesite="Lax")
    response.headers["Cache-Control"] = "private, no-store"
