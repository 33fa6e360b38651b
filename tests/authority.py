"""A time-stamp authority on this machine: real RFC 3161 answers, signed with a key of its own."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
CERTIFICATE = (
    x509.CertificateBuilder()
    .subject_name(NAME)
    .issuer_name(NAME)
    .public_key(KEY.public_key())
    .serial_number(7)
    .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    .not_valid_after(datetime.now(UTC) + timedelta(days=9))
    .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    .sign(KEY, hashes.SHA256())
)


def stamp(question: bytes, *, imprint: bytes = b"", nonce: int = 0) -> bytes:
    """A granted answer; over another hash, or to another nonce, where one is given."""
    asked = tsp.TimeStampReq.load(question)
    stamped = asked["message_imprint"].copy()
    if imprint:
        stamped["hashed_message"] = imprint
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3.4",
            "message_imprint": stamped,
            "serial_number": 1,
            "gen_time": datetime.now(UTC).replace(microsecond=0),
            "nonce": nonce or asked["nonce"].native,
        }
    )
    content = info.dump()
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute(
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]}
            ),
        ]
    )
    certificate = asn1_x509.Certificate.load(CERTIFICATE.public_bytes(serialization.Encoding.DER))
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {
                            "issuer": certificate.issuer,
                            "serial_number": certificate.serial_number,
                        }
                    )
                }
            ),
            "digest_algorithm": digest,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": KEY.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    token = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()


def rejection() -> bytes:
    """A refusal has no token, which asn1crypto's TimeStampResp does not know."""
    status = {"status": "rejection", "status_string": ["closed on Tuesdays"]}
    body = tsp.PKIStatusInfo(status).dump()
    return b"\x30" + bytes([len(body)]) + body


@dataclass
class Authority:
    address: str = ""
    questions: list[bytes] = field(default_factory=list)
    # What it does with the next questions: "stamp", or a name of ANSWERS.
    mood: str = "stamp"

    def answer(self, question: bytes) -> tuple[int, bytes]:
        self.questions.append(question)
        return ANSWERS[self.mood](question)


ANSWERS: dict[str, Any] = {
    "stamp": lambda question: (200, stamp(question)),
    "another hash": lambda question: (200, stamp(question, imprint=b"\x01" * 32)),
    "another nonce": lambda question: (200, stamp(question, nonce=12345)),
    "rejection": lambda question: (200, rejection()),
    "garbage": lambda question: (200, b"<html>welcome</html>"),
    "endless": lambda question: (200, b"x" * 300_000),
    "nothing": lambda question: (200, b""),
    "down": lambda question: (503, b"later"),
    "elsewhere": lambda question: (302, b""),
}


@contextmanager
def authority() -> Iterator[Authority]:
    running = Authority()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            question = self.rfile.read(int(self.headers["Content-Length"]))
            status, body = running.answer(question)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", running.address)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.address = f"http://127.0.0.1:{server.server_port}/tsr"
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
