"""Letters whose List-Unsubscribe header leaves as it is.

Python's mail library writes a long address without spaces as an encoded word (RFC 2047), which no
mail program reads as a link; RFC 5322 allows lines of 998 characters.
"""

from email import policy as policies
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage as Message
from typing import Any

from django.core.mail import EmailMessage


class OneLineHeader(UnstructuredHeader):
    max_count = 1

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", OneLineHeader)  # type: ignore[arg-type]


class Letter(EmailMessage):
    def message(self, *, policy: Any = policies.default) -> Message:
        return super().message(policy=policy.clone(header_factory=_HEADERS))  # type: ignore[no-any-return]
