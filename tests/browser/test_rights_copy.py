"""Access without an account, from the form to the copy: form, code, mails, two of staff, ZIP."""

import email
import email.policy
import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site import Site
from tests.browser.visit import Visit

ADDRESS = "ada.copie@example.test"
SECRET = "Mon voisin Jules fait du bruit"


@pytest.fixture
def agent(site: Site, chromium: Browser) -> Iterator[Visit]:
    visit = Visit(site, chromium)
    visit.log_in("agent@demo.test")
    yield visit
    visit.close()


@pytest.fixture
def manager(site: Site, chromium: Browser) -> Iterator[Visit]:
    visit = Visit(site, chromium)
    visit.log_in("privacy@demo.test")
    yield visit
    visit.close()


def mails(site: Site) -> list[str]:
    """The bodies of what was mailed to the person."""
    folder = Path(site.environment["DATA_DIR"], "mail")
    found = []
    for file in sorted(folder.glob("*.eml")):
        letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = letter.get_body(("plain",))
        if ADDRESS in str(letter["To"]) and body is not None:
            found.append(body.get_content())
    return found


def path_in(site: Site, words: str) -> str:
    """The path of the link that matches, in whichever mail."""
    found = [re.search(words, body) for body in mails(site)]
    return next(one[0] for one in found if one is not None)


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        for width in (320, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def act(visit: Visit, key: UUID, label: str) -> None:
    visit.goto(f"/admin/privacy/rightsrequest/{key}/change/")
    visit.page.locator("summary", has_text=label).click()
    visit.press(visit.page.get_by_role("button", name=label))
    visit.page.get_by_text(f"C'est fait : {label}").wait_for()


@pytest.mark.rule("DR-10")
@pytest.mark.rule("DR-11")
@pytest.mark.rule("DR-21")
def test_dr_10_access_without_an_account_from_the_form_to_the_copy(
    visit: Visit, agent: Visit, manager: Visit
) -> None:
    site, page = visit.site, visit.page
    page.set_default_timeout(20_000)
    visit.goto("/privacy/rights/")
    visit.refuse()
    before_all = visit.jar()
    page.locator("[name=rights][value=access]").check()
    page.fill("main [name=name]", "Ada Copie")
    page.fill("main [name=email]", ADDRESS)
    page.fill("main [name=message]", SECRET)
    visit.press(page.get_by_role("button", name="Envoyer ma demande"))
    page.wait_for_url("**/sent/**")
    shot(page, "sent")
    found = re.search(r"\w{4}-\w{4}-\w{4}", page.locator("main").inner_text())
    assert found is not None
    code = found[0]
    page.reload()
    assert code not in page.content()
    visit.until(lambda: mails(site), "no acknowledgement")
    visit.goto(path_in(site, r"/privacy/rights/confirm/[^\s]+"))
    page.get_by_role("button", name="C'est bien moi").click()
    page.get_by_text("Votre demande est confirmée").wait_for()
    follow = path_in(site, r"/privacy/rights/DSR-[\w-]+/[0-9a-f]{40}/")
    ((key, person),) = site.query(
        "SELECT r.id, p.id FROM privacy_rightsrequest r, privacy_datasubject p"
        " WHERE r.email = %s AND p.anonymised_at IS NULL AND NOT EXISTS ("
        "   SELECT FROM privacy_restriction x WHERE x.person_id = p.id)"
        " ORDER BY p.created_at LIMIT 1",
        ADDRESS,
    )
    site.query("UPDATE privacy_rightsrequest SET person_id = %s WHERE id = %s", person, key)
    # The person writes, staff ask, the copy is prepared and looked through by one.
    visit.goto(follow)
    page.fill("main [name=text]", "Je préfère le format JSON.")
    page.get_by_role("button", name="Envoyer", exact=True).click()
    page.get_by_text("Nous avons reçu votre message").wait_for()
    act(agent, key, "Préparer une copie des données")
    staff = agent.page
    shot(staff, "request")
    staff.get_by_role("link", name="Relire les textes").click()
    text = staff.locator("fieldset", has_text=SECRET)
    text.get_by_label("Masquer").check()
    text.locator("input[maxlength='200']").fill("parle d'un voisin")
    shot(staff, "review")
    while True:
        before = staff.locator("[role=status]").first.inner_text()
        agent.press(staff.get_by_role("button", name="Garder tous les autres textes"))
        if "dont 0 sans" in staff.locator("[role=status]").first.inner_text():
            break
        if staff.locator("[role=status]").first.inner_text() == before:
            staff.get_by_role("link", name="Page suivante").click()
    # Another lets it out.
    act(manager, key, "Libérer la copie")
    visit.until(
        lambda: any("copie de vos données" in body for body in mails(site)),
        "no letter",
        within=30.0,
    )
    assert all(code not in body for body in mails(site))
    visit.goto(follow)
    shot(page, "follow")
    page.fill("main [name=code]", "AAAA-AAAA-AAAA")
    page.get_by_role("button", name="Télécharger").click()
    page.get_by_text("Ce code ne convient pas").wait_for()
    shot(page, "wrong")
    page.fill("main [name=code]", code.lower())
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Télécharger").click()
    whole = zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    everything = "".join(whole.read(name).decode(errors="replace") for name in whole.namelist())
    assert "[masqué : parle d'un voisin]" in everything
    assert SECRET not in everything
    assert visit.jar() == before_all
    assert not visit.storage()
    manager.goto(f"/admin/privacy/rightsrequest/{key}/change/?ready=answer_done")
    shot(manager.page, "ready")
    manager.goto("/admin/privacy/lettertemplate/write/extended/fr/")
    manager.page.fill("[name=body]", "Cher {name},\n\nUn peu de patience.")
    manager.press(manager.page.get_by_role("button", name="Voir l'aperçu"))
    shot(manager.page, "letter")
    manager.goto("/admin/privacy/lettertemplate/")
    shot(manager.page, "letters")
