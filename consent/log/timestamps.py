"""A time stamp (RFC 3161) from a service outside the house."""

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response
from rfc3161_client.tsp import PKIStatus, TimeStampRequest

SECONDS = 20
# Answers with their certificates are some kilobytes.
MOST_BYTES = 262_144
SHA256 = "2.16.840.1.101.3.4.2.1"


class NoTimestamp(Exception):
    """The service gave none that can be used; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes


def ask(address: str, data: bytes) -> bytes:
    """The service's whole answer (DER) over the SHA-256 of `data`. Raises NoTimestamp.

    Checked here: that it is granted, for that hash, and for this very question (a fresh nonce).
    Whose certificate signed it is for whoever relies on it to check: docs/evidence.md.
    """
    # The nonce is made by default; certificates are asked for, so that it can be checked later.
    question = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256).build()
    try:
        reply = _post(address, question.as_bytes())
    except (OSError, http.client.HTTPException) as error:
        raise NoTimestamp(f"The time-stamp service cannot be reached: {error!r}.") from error
    if reply.status != 200:
        raise NoTimestamp(f"The time-stamp service answered with status {reply.status}.")
    if len(reply.body) > MOST_BYTES:
        raise NoTimestamp(f"The time-stamp service answered with more than {MOST_BYTES} bytes.")
    check(reply.body, question)
    return reply.body


def check(body: bytes, question: TimeStampRequest) -> None:
    """Whether `body` grants what `question` asks. Raises NoTimestamp."""
    try:
        answer = decode_timestamp_response(body)
        status = answer.status
        if status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
            words = " ".join(answer.status_string)
            raise NoTimestamp(f"The time-stamp service refused (status {status}). {words}".strip())
        stamped = answer.tst_info
        imprint = stamped.message_imprint
        algorithm, hashed = imprint.hash_algorithm.dotted_string, imprint.message
        nonce = stamped.nonce
    except ValueError as error:
        raise NoTimestamp("The time-stamp service answered something else than a stamp.") from error
    if algorithm != SHA256 or hashed != question.message_imprint.message:
        raise NoTimestamp("The time stamp is for another hash than the seal's.")
    if nonce != question.nonce:
        raise NoTimestamp("The time stamp answers another question: its nonce is not ours.")


def _post(address: str, body: bytes) -> _Reply:
    """No redirect is followed: where the seal goes is what the setting says."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/timestamp-query"})
        response = connection.getresponse()
        return _Reply(response.status, response.read(MOST_BYTES + 1))
    finally:
        connection.close()
