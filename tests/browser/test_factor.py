"""Second factor of staff, in a real browser: enrol, log in with a code, with a recovery code."""

import email
import email.policy
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.checks_ax import looks_clean
from tests.browser.site import Site
from tests.browser.visit import LOGIN_COOKIES, Visit
from tests.factors import code, secret_from

PASSWORD = "four-words-are-enough"


def link_for(site: Site, address: str) -> str:
    """The path that the worker mailed to `address`."""
    folder = Path(site.environment["DATA_DIR"]) / "mail"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for path in folder.glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found = re.search(r"https?://\S+/account/staff/\S+", message.get_content())
            if message["To"] == address and found:
                return urlsplit(found[0]).path
        time.sleep(0.05)
    raise AssertionError(f"no letter to {address}")


def enrol(visit: Visit, address: str, *, checked: bool = False) -> tuple[bytes, list[str]]:
    """Invite `address` and follow the link to the end: the secret and the recovery codes."""
    visit.site.manage("staff", "invite", address, "--group", "agents", "--name", "Nina")
    page = visit.page
    visit.goto(link_for(visit.site, address))
    assert visit.jar() == set()
    assert_whole_picture(page)
    if checked:
        looks_clean(visit, "enrolment")
    secret = secret_from(page.locator(".key code").inner_text())
    page.fill("main input[name=password]", PASSWORD)
    paste(page, "new_code", code(secret))
    assert visit.jar() == set()
    visit.press(page.get_by_role("button", name="Enregistrer et se connecter"))
    visit.until(lambda: "sessionid" in visit.jar(), "not enrolled")
    page.wait_for_load_state()
    codes = page.locator("[data-codes] code").all_inner_texts()
    assert len(codes) == 10
    return secret, codes


def assert_whole_picture(page: Page) -> None:
    """Every module of the QR code is inside the picture, and large enough for a camera."""
    shown = page.locator(".qr svg").bounding_box()
    drawn = page.locator(".qr svg path").first.bounding_box()
    assert shown is not None
    assert drawn is not None
    assert shown["width"] > 150
    for side in ("x", "y", "width", "height"):
        assert abs(shown[side] - drawn[side]) < 1, (shown, drawn)
    assert not page.locator("main input[name=username]").is_visible()


def paste(page: Page, name: str, text: str) -> None:
    """Into the field at once, as from a password manager (AX-08)."""
    field = page.locator(f"main input[name={name}]")
    assert field.get_attribute("autocomplete") == "one-time-code"
    assert field.get_attribute("inputmode") == "numeric"
    field.focus()
    page.keyboard.insert_text(text)
    assert field.input_value() == text


def give_password(visit: Visit, address: str) -> None:
    visit.goto("/admin/")
    visit.page.fill("main input[name=username]", address)
    visit.page.fill("main input[name=password]", PASSWORD)
    visit.press(visit.page.locator("main form button"))
    visit.page.locator("main input[name=code]").wait_for()


def finish(visit: Visit, value: str) -> None:
    assert visit.jar() == set()
    paste(visit.page, "code", value)
    visit.press(visit.page.locator("main form button"))
    visit.arrive("/admin/")
    assert visit.jar() == LOGIN_COOKIES


@pytest.mark.rule("CK-14", "AX-08", "DR-21")
def test_ck_14_enrolment_sets_no_cookie_before_its_end(visit: Visit) -> None:
    errors: list[str] = []
    visit.page.on(
        "console", lambda line: errors.append(line.text) if line.type == "error" else None
    )
    enrol(visit, "nina.one@example.test", checked=True)
    assert visit.jar() == LOGIN_COOKIES
    looks_clean(visit, "recovery codes")
    # With scripts the codes can be copied and printed; nothing was blocked on the way.
    assert visit.page.get_by_role("button", name="Copier").is_visible()
    visit.press(visit.page.get_by_role("link", name=re.compile("aller à la gestion")))
    visit.arrive("/admin/")
    for path in ("/account/factor/", "/account/factor/codes/"):
        visit.goto(path)
        looks_clean(visit, path)
    assert errors == []
    assert visit.storage() == []


@pytest.mark.rule("CK-14", "AX-08", "DR-21")
def test_ck_14_login_with_a_code_and_with_a_recovery_code(visit: Visit) -> None:
    address = "nina.two@example.test"
    newcomer = visit.another()
    secret, codes = enrol(newcomer, address)
    give_password(visit, address)
    looks_clean(visit, "code")
    # The first code was used; the next one counts already.
    finish(visit, code(secret, steps=1))
    other = visit.another()
    give_password(other, address)
    finish(other, codes[0])
    assert "Il vous en reste 9." in other.page.locator("body").inner_text()
    # Leaving takes both cookies away.
    other.press(other.page.get_by_role("button", name="Se déconnecter"))
    other.arrive("/account/login/")
    assert other.jar() == set()


@pytest.mark.rule("CK-14", "AX-08")
def test_ax_08_second_factor_works_without_scripts(visit: Visit) -> None:
    plain = visit.another(java_script_enabled=False)
    address = "nina.three@example.test"
    secret, _ = enrol(plain, address)
    assert not plain.page.get_by_role("button", name="Copier").is_visible()
    other = visit.another(java_script_enabled=False)
    give_password(other, address)
    finish(other, code(secret, steps=1))
