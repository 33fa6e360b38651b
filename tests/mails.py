"""Mails for tests of the inbox."""

from email.message import EmailMessage
from typing import Any

RECEIVED = "from mx.example.test by mail.clicknconnect.be; Sun, 22 Nov 2026 23:30:00 +0100"


def mail(
    text: str = "Je veux savoir ce que vous avez sur moi.",
    *,
    sender: str = "Ada Canary <Ada@example.test>",
    subject: str = "Mes données",
    message_id: str = "<one@example.test>",
    files: tuple[tuple[str, bytes, str], ...] = (),
    **headers: Any,
) -> bytes:
    message = EmailMessage()
    message["Received"] = RECEIVED
    message["From"] = sender
    message["To"] = "info@clicknconnect.be"
    message["Subject"] = subject
    if message_id:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, data, kind in files:
        main, sub = kind.split("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def bounce(reference: str, to: str = "ada@example.test", action: str = "failed") -> bytes:
    return f"""Return-Path: <>
From: MAILER-DAEMON@mail.example.test
To: info@clicknconnect.be
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <bounce-{reference}-{action}@mail.example.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.test

Final-Recipient: rfc822; {to}
Action: {action}
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

From: info@clicknconnect.be
To: {to}
Subject: =?utf-8?q?R=C3=A9ponse?= [{reference}] - Click'n CoNNect

--b--
""".encode()
