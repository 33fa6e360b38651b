"""`request.consent`, and on the way out the headers that make it true. No query, no session."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.csp import LazyNonce

from consent import cookies, gate, snapshots
from consent.cookies import Choice
from consent.enums import Status
from consent.keys import keys_for
from consent.periods import BRUSSELS, Period
from consent.snapshots import Snapshot

PUBLIC_CACHE = "public, max-age=0, s-maxage=60, must-revalidate"


class Consent:
    """What the visitor of this request agreed to. Unknown means no."""

    __slots__ = (
        "_closed",
        "choice",
        "gpc",
        "is_cacheable",
        "nonce",
        "request",
        "snapshot",
        "status",
    )

    def __init__(self, request: HttpRequest, snapshot: Snapshot | None, today: date) -> None:
        self.request = request
        self.snapshot = snapshot
        # GA-10: "1" exactly; whatever else is no signal.
        self.gpc = request.META.get("HTTP_SEC_GPC") == "1"
        value = request.COOKIES.get(cookies.NAME)
        # Quoted, escaped or sent twice, it would be another value to a shared cache than to us.
        is_plain = value is None or cookies.is_sent_as(value, request.META.get("HTTP_COOKIE", ""))
        if not is_plain:
            value = None
        self.status, self.choice = (
            judge(value, self.gpc, snapshot.notice, snapshot.period, snapshot.optional, today)
            if snapshot is not None
            else (Status.UNDECIDED, None)
        )
        # A shared cache would take this value for an answer; we do not.
        self.is_cacheable = is_plain and not (
            value is not None and self.choice is None and cookies.CACHE_KEY.match(value)
        )
        self._closed: bool | None = None
        self.nonce: LazyNonce | None = None

    @property
    def categories(self) -> tuple[str, ...]:
        """The optional categories that are agreed to."""
        return self.choice.categories if self.choice is not None else ()

    def allows(self, category: str) -> bool:
        return category == "necessary" or category in self.categories

    @property
    def asks(self) -> bool:
        """Whether this page shows the banner."""
        return self.snapshot is not None and self.status in (Status.UNDECIDED, Status.EXPIRED)

    @property
    def is_closed(self) -> bool:
        """Analytics never runs here: account, rights, admin and pages that failed (GA-09)."""
        if self._closed is None:
            match = self.request.resolver_match
            self._closed = match is None or not settings.CONSENT_GATE_CLOSED.isdisjoint(
                match.namespaces
            )
        return self._closed

    @property
    def runs_analytics(self) -> bool:
        """Whether this page carries the Google tag."""
        return (
            self.choice is not None
            and "analytics" in self.choice.categories
            and self.snapshot is not None
            and self.snapshot.analytics_on
            and not self.is_closed
        )

    def policy(self) -> str:
        """The content security policy of this page."""
        if self.snapshot is None:
            return FALLBACK_POLICY
        table = self.snapshot.closed_policies if self.is_closed else self.snapshot.policies
        return table[self.categories]


FALLBACK_POLICY = gate.security_policy({"services": [], "categories": []}, (), google=False)


@lru_cache(maxsize=8192)
def judge(
    value: str | None,
    gpc: bool,  # noqa: FBT001  a cached function takes no keywords cheaply
    notice: int,
    period: Period,
    optional: tuple[str, ...],
    today: date,
) -> tuple[Status, Choice | None]:
    """Status and choice in force for a cookie's value; the choice is None unless it holds."""
    choice = cookies.parse(value, keys_for("cookie")) if value else None
    if choice is not None and not set(choice.categories) <= set(optional):
        choice = None
    if choice is not None and cookies.holds(choice, notice=notice, period=period, today=today):
        return Status.DECIDED, choice
    if gpc:
        return Status.GPC, None
    if choice is not None and choice.notice <= notice and choice.decided_on <= today:
        return Status.EXPIRED, None
    return Status.UNDECIDED, None


def today() -> date:
    return datetime.now(UTC).astimezone(BRUSSELS).date()


class ConsentMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        consent = Consent(request, snapshots.current(), today())
        request.consent = consent  # type: ignore[attr-defined]
        request._csp_nonce = None  # type: ignore[attr-defined]
        match_admin = request.path_info.startswith("/admin/")
        if match_admin:
            # Django's admin puts its nonce on its own scripts and styles.
            request._csp_nonce = consent.nonce = LazyNonce()  # type: ignore[attr-defined]
        response = self.get_response(request)
        headers = response.headers
        if "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = (
                self._staff_policy(consent) if match_admin else consent.policy()
            )
            headers["Reporting-Endpoints"] = gate.REPORTING_ENDPOINTS
        self._cache(request, response, consent)
        return response

    def _staff_policy(self, consent: Consent) -> str:
        return gate.security_policy(
            {"services": [], "categories": []}, (), google=False, nonce=str(consent.nonce)
        )

    def _cache(self, request: HttpRequest, response: HttpResponse, consent: Consent) -> None:
        headers = response.headers
        if getattr(response, "is_public", False):
            headers["Vary"] = "Cookie, Sec-GPC"
        if "Cache-Control" in headers and "no-store" in headers["Cache-Control"]:
            return
        if not consent.is_cacheable or response.cookies:
            headers["Cache-Control"] = "private, no-store"
        elif getattr(response, "is_public", False) and response.status_code == 200:
            headers["Cache-Control"] = PUBLIC_CACHE
        else:
            headers.setdefault("Cache-Control", "private, no-store")


def public_page[**P](
    view: Callable[P, HttpResponse],
) -> Callable[P, HttpResponse]:
    """Mark a page as the same for everyone in the same consent state: caches may keep it 60 s."""

    def wrapped(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        response.is_public = True  # type: ignore[attr-defined]
        return response

    wrapped.__name__ = view.__name__
    wrapped.__doc__ = view.__doc__
    return wrapped
