"""Mail servers that misbehave, for tests of what becomes of a letter."""

from collections.abc import Sequence
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class Server(BaseEmailBackend):
    """Takes letters, until `trouble` says what happens to one; all that it got is in `got`."""

    got: list[Any] = []
    trouble: dict[str, BaseException] = {}
    closed: BaseException | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def open(self) -> bool:
        if Server.closed is not None:
            raise Server.closed
        return True

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            problem = Server.trouble.get(message.to[0])
            if problem is not None:
                raise problem
            Server.got.append(message)
        return len(email_messages)


def reset() -> None:
    Server.got.clear()
    Server.trouble.clear()
    Server.closed = None


MAILERS = {"default": {"BACKEND": "tests.mailers.Server"}}
