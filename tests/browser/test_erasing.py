"""Erasure in a real browser, from the form to the certificate: a person without an account, two
managers, a worker, the mails read from the outbox (DR-13)."""

import email
import email.policy
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.checks_ax import looks_clean
from tests.browser.site import Site
from tests.browser.visit import Visit

ADDRESS = "zoe.zwaluw@example.org"
PERSON = """
INSERT INTO privacy_datasubject (id, reference, first_name, last_name, street, postal_code, city,
    country, email, phone, iban, vat_number, language, account_opened_on, created_at)
VALUES (gen_random_uuid(), 'P-ZWALUW22', 'Zoé', 'Zwaluw', 'Rue 1', '1000', 'Bruxelles', 'BE', %s,
    '', '', '', 'fr', '2020-01-01', now())"""
MESSAGE = """
INSERT INTO privacy_complaint (id, reference, person_id, subject, body, third_parties, received_on,
    answer)
SELECT gen_random_uuid(), 'PL-ZWALU2', id, 'bruit', 'Zwaluw', '', '2026-01-01', ''
FROM privacy_datasubject WHERE email = %s"""


def letter(site: Site, pattern: str) -> str:
    """What `pattern` finds in a letter that the worker mailed to the person."""
    folder, deadline = Path(site.environment["DATA_DIR"]) / "mail", time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in folder.glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if message["To"] == ADDRESS and (found := re.search(pattern, message.get_content())):
                return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no letter with {pattern}")


def press_act(visit: Visit, name: str) -> None:
    button = visit.page.locator(f"form[action$='/act/{name}/'] button").first
    if not button.is_visible():
        visit.press(visit.page.locator(f"details:has(form[action$='/act/{name}/']) summary"))
    visit.press(button)
    visit.page.wait_for_load_state()


@pytest.mark.rule("DR-13")
def test_dr_13_from_the_form_to_the_certificate(visit: Visit) -> None:
    site = visit.site
    site.query(PERSON, ADDRESS)
    site.query(MESSAGE, ADDRESS)
    visit.goto("/privacy/rights/")
    visit.refuse()
    visit.page.check("main input[name=rights][value=erasure]")
    visit.page.fill("main input[name=name]", "Zoé Zwaluw")
    visit.page.fill("main input[name=email]", ADDRESS)
    visit.press(visit.page.locator("form.rights-form button[type=submit]"))
    visit.until(lambda: "/sent/" in visit.page.url, "the form does not leave")
    visit.goto(urlsplit(letter(site, r"https?://\S+/privacy/rights/confirm/\S+/")).path)
    visit.press(visit.page.get_by_role("button", name="C'est bien moi"))
    visit.until(
        lambda: visit.page.locator("main [role=status]").is_visible(), "the address is not proved"
    )
    follow = visit.page.locator("main .actions a").get_attribute("href")
    assert follow
    (key, reference) = site.query(
        "SELECT id::text, reference FROM privacy_rightsrequest WHERE email = %s", ADDRESS
    )[0]
    page = f"/admin/privacy/rightsrequest/{key}/change/"
    one, two = visit.another(), visit.another()
    for colleague, address in ((one, "privacy@demo.test"), (two, "privacy2@demo.test")):
        colleague.log_in(address)
        colleague.goto(page)
    press_act(one, "match")
    assert one.page.locator("main a", has_text="P-ZWALUW22").count()
    looks_clean(one, "the page of an erasure")
    press_act(one, "erase")
    assert "Une seconde personne" in one.page.locator("ul.messagelist").inner_text()
    assert not one.page.locator("section.warn form[action$='/act/approve/']").count()
    two.goto(page)
    looks_clean(two, "what waits for a second person")
    press_act(two, "approve")
    visit.until(
        lambda: not site.query("SELECT 1 FROM privacy_complaint WHERE reference = 'PL-ZWALU2'"),
        "nothing was erased",
        within=20,
    )
    letter(site, r"Ceci est le certificat")
    visit.goto(follow)
    shown = visit.page.locator("main").inner_text()
    assert reference in shown
    assert "répondue" in shown
    assert "- Plaintes : 1" in shown
    left = site.query("SELECT last_name, email FROM privacy_datasubject WHERE reference = %s",
                      "P-ZWALUW22")  # fmt: skip
    assert left == [("", "")]
