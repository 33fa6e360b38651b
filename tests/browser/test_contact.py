"""The contact form in a real browser: with the keyboard alone, and with scripts off."""

import re

import pytest

from tests.browser.visit import Visit

TYPED = (("name", "Marie Peeters"), ("email", "marie@example.test"), ("phone", ""))
SENT = re.compile(r"MSG-[2-9A-HJKMNP-Z]{6}")


def kept(visit: Visit, body: str) -> str:
    """The reference of the message on record."""
    statement = "SELECT reference FROM privacy_contactmessage WHERE body = %s"
    return str(visit.site.query(statement, body)[0][0])


@pytest.mark.rule("CK-14")
def test_ck_14_the_form_by_keyboard_alone(visit: Visit) -> None:
    visit.goto("/contact/")
    visit.refuse()
    before = visit.jar()
    visit.page.locator("main input[name=name]").focus()
    keyboard = visit.page.keyboard
    for name, text in TYPED:
        focused = visit.evaluate("document.activeElement.name")
        assert focused == name
        keyboard.type(text)
        keyboard.press("Tab")
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.type("Au clavier seulement")
    keyboard.press("Tab")
    keyboard.press("Enter")
    visit.until(lambda: "envoye=" in visit.page.url, "the form does not leave")
    found = SENT.search(visit.page.locator("main [role=status]").inner_text())
    assert found is not None
    assert found[0] == kept(visit, "Au clavier seulement")
    assert visit.jar() == before
    assert not visit.storage()
    visit.assert_silent()


@pytest.mark.parametrize("context_options", [{"java_script_enabled": False}])
def test_the_form_without_scripts_says_what_is_wrong_and_keeps_what_was_typed(
    visit: Visit,
) -> None:
    visit.goto("/nl/contact/")
    for name, text in TYPED:
        visit.page.fill(f"main [name={name}]", text)
    visit.page.select_option("main [name=topic]", "other")
    visit.page.fill("main [name=phone]", "12")
    visit.page.fill("main [name=body]", "Zonder script")
    visit.page.locator("main form button").click()
    alert = visit.page.locator("main [role=alert]")
    assert alert.locator("a[href='#id_phone']").count() == 1
    assert visit.page.input_value("main [name=body]") == "Zonder script"
    visit.page.fill("main [name=phone]", "")
    visit.page.locator("main form button").click()
    visit.page.wait_for_url("**envoye=*")
    text = visit.page.locator("main [role=status]").inner_text()
    assert kept(visit, "Zonder script") in text
    assert not visit.jar()
