"""A mail as it came, as what it says: a pure function of its bytes that raises nothing.

Anybody can write anything to the inbox: what does not parse is unreadable and stays whole for
somebody to look at.
"""

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default as policy
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from consent.enums import LANGUAGES

type Head = Message[Any, Any]

REFERENCE = re.compile(r"DSR-\d{4}-[A-Z2-9]{6}(?![A-Z0-9])")
MOST_TEXT = 20_000
MOST_ATTACHMENTS = 10
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_LIST_HEADERS = ("List-Id", "List-Unsubscribe", "List-Post", "X-Autoreply", "X-Autorespond")
# Small words that one language has and the others have not.
_WORDS = {
    code: frozenset(words.split(" "))
    for code, words in (
        ("fr", "je vous mes votre avec pour est bonjour les des une merci"),
        ("nl", "ik mijn het een van uw voor niet graag beste dat met"),
        ("de", "ich meine und ihre bitte nicht sehr der die das sie mit"),
        ("en", "i my your the and please you would dear with of to"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`sender` is an address in lower case, "" where there is none that can be answered.

    `references` are requests that subject or thread name; `bounced` the addresses that a report
    says were not reached. `arrived` is what the last server wrote.
    """

    sender: str = ""
    name: str = ""
    subject: str = ""
    text: str = ""
    language: str = "fr"
    references: tuple[str, ...] = ()
    arrived: datetime | None = None
    message_id: str = ""
    is_automatic: bool = False
    is_report: bool = False
    bounced: tuple[str, ...] = ()
    attachments: tuple[tuple[str, bytes], ...] = ()
    is_readable: bool = True


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def content_digest_of(raw: bytes, letter: Letter) -> str:
    """The same for one mail that came by two ways: servers only add to its head."""
    if not letter.message_id:
        return digest_of(raw)
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n")
    return digest_of(letter.message_id.encode() + b"\0" + letter.sender.encode() + b"\0" + body)


def read(raw: bytes) -> Letter:
    try:
        return _read(raw)
    except Exception:  # the email package raises many kinds on what was made to break it
        return Letter(is_readable=False)


def _read(raw: bytes) -> Letter:
    message = email.message_from_bytes(raw, policy=policy)
    assert isinstance(message, EmailMessage)
    name, sender = _sender(message)
    subject = clean(_header(message, "Subject"))
    text = _text(message)
    is_report = message.get_content_type() == "multipart/report"
    thread = " ".join((subject, _header(message, "In-Reply-To"), _header(message, "References")))
    letter = Letter(
        sender=sender,
        name=name,
        subject=subject[:200],
        text=text[:MOST_TEXT],
        language=_language(message, text),
        references=tuple(dict.fromkeys(REFERENCE.findall(thread))),
        arrived=_arrived(message),
        message_id=_header(message, "Message-ID").strip(),
        is_automatic=_is_automatic(message),
        is_report=is_report,
        attachments=tuple(_attachments(message)),
        is_readable=bool(sender),
    )
    return _report(letter, message) if is_report else letter


def _header(message: Head, name: str) -> str:
    """Empty where it is missing or cannot be read."""
    try:
        value = message.get(name)
        return "" if value is None else str(value)
    except Exception:  # a header that breaks the parser is as one that is not there
        return ""


def _sender(message: EmailMessage) -> tuple[str, str]:
    name, address = parseaddr(_header(message, "From"))
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    if len(address) > 254:
        address = ""
    return clean(name)[:150] or address, address


def clean(text: str) -> str:
    """Without what a database or a screen cannot hold: NUL, controls, halves of signs."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(sign for sign in text if ord(sign) >= 32 or sign in "\t\n").strip()


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except (LookupError, ValueError):  # a charset that nobody knows
        payload = part.get_payload(decode=True)
        content = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    words = content if isinstance(content, str) else ""
    if part.get_content_type() == "text/html":
        words = _Words.of(words)
    return clean(words.replace("\r\n", "\n"))


class _Words(HTMLParser):
    """What a reader would see of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = 0

    @classmethod
    def of(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        parser.close()
        return re.sub(r"\n\s*\n+", "\n\n", "".join(parser.found))

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden += tag in ("script", "style")
        if tag in ("br", "p", "div", "tr", "li"):
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.found.append(data)


def _language(message: EmailMessage, text: str) -> str:
    said = _header(message, "Content-Language")[:2].lower()
    if said in LANGUAGES:
        return said
    words = re.findall(r"[a-zà-ÿ]+", text[:2000].lower())
    counts = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > counts["fr"] else "fr"


def _arrived(message: EmailMessage) -> datetime | None:
    """When the last server took it: the first line of its kind, and no word of the sender's."""
    try:
        lines = message.get_all("Received") or []
        moment = parsedate_to_datetime(str(lines[0]).rsplit(";", 1)[1].strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (IndexError, ValueError, TypeError, OverflowError):
        return None


def _is_automatic(message: EmailMessage) -> bool:
    said = _header(message, "Auto-Submitted").strip().lower()
    return (
        bool(said) and not said.startswith("no")
        or _header(message, "Precedence").strip().lower() in _BULK
        or any(message.get(name) is not None for name in _LIST_HEADERS)
        or _header(message, "Return-Path").strip() == "<>"
    )  # fmt: skip


def _attachments(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    if not message.is_multipart() or message.get_content_type() == "multipart/report":
        return
    for number, part in enumerate(message.iter_attachments()):
        if number == MOST_ATTACHMENTS:
            return
        data = part.get_payload(decode=True)
        yield part.get_filename() or "", data if isinstance(data, bytes) else part.as_bytes()


def _report(letter: Letter, message: EmailMessage) -> Letter:
    """Who was not reached, and of which request the letter was."""
    failed: list[str] = []
    named = list(letter.references)
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            failed += _failed(part)
        elif kind == "message/rfc822" and isinstance(part.get_payload(), list):
            named += _named(part.get_payload()[0])  # type: ignore[arg-type, index]
        elif kind == "text/rfc822-headers":
            head = part.get_payload(decode=True)
            if isinstance(head, bytes):
                named += _named(email.message_from_bytes(head, policy=policy))
    return replace(
        letter,
        bounced=tuple(dict.fromkeys(failed)),
        references=tuple(dict.fromkeys(named)),
        is_readable=True,
    )


def _failed(part: Head) -> Iterator[str]:
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, Message) and _header(block, "Action").strip().lower() == "failed":
            said = _header(block, "Original-Recipient") or _header(block, "Final-Recipient")
            yield said.rpartition(";")[2].strip(" <>").lower()


def _named(original: Head) -> list[str]:
    return REFERENCE.findall(
        " ".join(_header(original, name) for name in ("Subject", "Message-ID", "References"))
    )
