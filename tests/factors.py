"""Second factors for tests: somebody who has one, and the codes it shows."""

import base64
import re
from datetime import UTC, datetime
from typing import Any

from django_otp.oath import TOTP

from privacy import factor
from privacy.models import Authenticator, User

PASSWORD = "four-words-are-enough"


def code(secret: bytes, *, steps: int = 0) -> str:
    """What the application shows now, or `steps` half minutes later."""
    totp = TOTP(secret)
    totp.time = datetime.now(UTC).timestamp() + 30 * steps
    return f"{totp.token():06}"


def wrong_code(secret: bytes) -> str:
    """Not one of the codes around now."""
    near = {code(secret, steps=steps) for steps in range(-3, 4)}
    return next(f"{number:06}" for number in range(10) if f"{number:06}" not in near)


def secret_of(account: User) -> bytes:
    return Authenticator.objects.get(user=account).bin_key


def enrol(account: User) -> list[str]:
    """Give `account` a factor, as one that was enrolled earlier; its recovery codes."""
    secret = factor.new_secret()
    installed = factor.install(
        account=account, secret=secret, code=code(secret), now=datetime.now(UTC)
    )
    assert installed is not None
    Authenticator.objects.filter(user=account).update(last_t=-1)
    return installed[1]


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, f"no {name}"
    return found[1]


def secret_from(words: str) -> bytes:
    return base64.b32decode(words.replace(" ", ""))


def secret_shown(page: Any) -> bytes:
    """The secret that a page of enrolment shows in words."""
    found = re.search(r"<code>([A-Z2-7 ]{30,})</code>", page.text)
    assert found is not None
    return secret_from(found[1])


def codes_shown(page: Any) -> list[str]:
    return re.findall(r"<code>([0-9]{4} [0-9]{4} [0-9]{4})</code>", page.text)


def give_password(client: Any, email: str, *, next_page: str = "/admin/") -> Any:
    data = {"username": email, "password": PASSWORD, "next": next_page}
    return client.post("/account/login/", data)


def log_in(client: Any, account: User, **more: str) -> Any:
    """Both pages of a login with a code."""
    step = hidden(give_password(client, account.email), "step")
    data = {"step": step, "code": code(secret_of(account)), "next": "/admin/", **more}
    return client.post("/account/login/code/", data)
