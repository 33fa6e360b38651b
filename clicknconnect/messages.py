"""Flash messages live in the session of logged-in people; a stranger's end with the response."""

from collections.abc import Sequence
from typing import Any

from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponse


class CookielessStorage(SessionStorage):
    """No cookie for anonymous people (CK-14): their pages say the outcome themselves."""

    def _get(self, *args: Any, **kwargs: Any) -> tuple[Sequence[Any], bool]:
        if not self.request.COOKIES.get("sessionid"):
            return [], True
        return super()._get(*args, **kwargs)  # type: ignore[misc, no-any-return]

    def _store(
        self, messages: Sequence[Any], response: HttpResponse, *args: Any, **kwargs: Any
    ) -> list[Any]:
        if not self.request.user.is_authenticated:
            return []
        return super()._store(  # type: ignore[misc, no-any-return]
            messages, response, *args, **kwargs
        )
