"""The screens that edit and publish the register, as staff use them."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from consent.models import (
    Act,
    BannerText,
    Browser,
    Category,
    Control,
    Cookie,
    Fact,
    Notice,
    PolicyBlock,
    PresetRule,
    Publication,
    Revision,
    Service,
)
from consent.register import rows
from privacy.groups import AGENTS, AUDITORS, MANAGERS, OFFICERS
from privacy.models import User

pytestmark = pytest.mark.django_db
ROWS = [Fact, Category, Service, Cookie, Browser, BannerText, PolicyBlock, PresetRule]
PUBLISH, DISCARD, PRESET = (
    f"/admin/consent/publication/{name}/" for name in ("publish", "discard", "preset")
)


def member(group: str, email: str = "") -> Client:
    """A browser of somebody in `group`, logged in."""
    client = Client(headers={"origin": "http://testserver"})
    email = email or f"{group.split()[0]}@example.test"
    user = User.objects.create_user(email, "x", is_staff=True, name=group)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> Client:
    return member(MANAGERS)


def fields_of(page: Any) -> dict[str, Any]:
    """What a browser would send for the admin form of `page`, untouched."""
    data: dict[str, Any] = {}
    form = page.context["adminform"].form
    html = page.content.decode()
    for name in form.fields:
        bound = form[name]
        data |= sent(html, bound.html_name)
    return data


def sent(html: str, name: str) -> dict[str, str]:
    """Values of the inputs called `name` or `name_…`/`name-…` in `html`."""
    from html import unescape

    data = {}
    start = rf'name="({re.escape(name)}(?:[_-][a-z0-9_-]+)?)"'
    for found in re.finditer(rf"<textarea {start}[^>]*>\n?(.*?)</textarea>", html, re.S):
        # A browser sends CR LF.
        data[found[1]] = unescape(found[2]).replace("\n", "\r\n")
    for found in re.finditer(rf"<input [^>]*{start}[^>]*>", html):
        kind = re.search(r'type="(\w+)"', found[0])
        value = re.search(r'value="([^"]*)"', found[0])
        if kind and kind[1] == "checkbox":
            if " checked" in found[0]:
                data[found[1]] = "on"
        else:
            data[found[1]] = unescape(value[1]) if value else ""
    for found in re.finditer(rf"<select {start}[^>]*>(.*?)</select>", html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', found[2])
        data[found[1]] = unescape(chosen[1]) if chosen else ""
    return data


def change_url(row: Any) -> str:
    return f"/admin/consent/{row._meta.model_name}/{row.pk}/change/"


def token(page: Any) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page.content.decode())
    assert found
    return found[1]


def edit(client: Client, row: Any, **values: Any) -> Any:
    page = client.get(change_url(row))
    return client.post(change_url(row), fields_of(page) | values)


def publish(client: Client, **values: Any) -> Any:
    page = client.get(PUBLISH)
    data = {"token": token(page), "confirm": "yes"} | values
    return client.post(PUBLISH, data, follow=True)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_a_row_saved_untouched_stays_as_it_is(manager: Client, model: Any) -> None:
    """Whatever the form shows, it gives back byte for byte."""
    before = rows.dumped()
    sample = [*model.objects.all()] if model is not PolicyBlock else None
    for row in sample or PolicyBlock.objects.filter(
        key__in=["title", "purposes", "analytics-cookies-table", "complement-no-answer", "browsers"]
    ):
        page = manager.get(change_url(row))
        assert page.status_code == 200
        response = manager.post(change_url(row), fields_of(page))
        errors = response.context["adminform"].form.errors if response.context else ""
        assert response.status_code == 302, (row, errors)
    assert rows.dumped() == before
    assert not [act for act in Act.objects.filter(act="admin.changed") if act.details]


def test_error_names_the_missing_language_at_the_field(manager: Client) -> None:
    row = BannerText.objects.get(key="title")
    response = edit(manager, row, text_nl="", text_de="  ")
    errors = response.context["adminform"].form.errors
    assert errors["text"] == ["Il manque ce texte en : néerlandais, allemand."]
    response = edit(manager, row, text_fr="", text_nl="", text_de="", text_en="")
    assert "Écrivez ce texte" in str(response.context["adminform"].form.errors["text"])


def test_lists_and_hosts_are_fields_with_errors_of_their_own(manager: Client) -> None:
    service = Service.objects.get(key="google-analytics")
    response = edit(manager, service, hosts_script="https://a.example/path\nhttps://b.example")
    assert "https://a.example/path" in str(response.context["adminform"].form.errors["hosts"])
    edit(manager, service, hosts_script="https://a.example\r\n\r\nhttps://*.b.example")
    service.refresh_from_db()
    assert service.hosts["script"] == ["https://a.example", "https://*.b.example"]
    block = PolicyBlock.objects.get(key="recipients-list")
    new = {"items-3-order": "1", "items-3-fr": "à vous", "items-3-nl": "", "items-3-de": "z"}
    response = edit(manager, block, **new)
    assert "Élément 1 : il manque" in str(response.context["adminform"].form.errors["items"])
    edit(manager, block, **new | {"items-3-nl": "x", "items-3-en": "y"})
    block.refresh_from_db()
    assert [item["fr"][:6] for item in block.items] == ["à vous", "aux ad", "à nos ", "à notr"]
    response = edit(manager, block, facts="PF-80\nfaux")
    assert "« faux »" in str(response.context["adminform"].form.errors["facts"])


def test_model_rules_are_said_at_the_field(manager: Client) -> None:
    """GA-07 and the file's own rules, before anybody tries to publish."""
    service = Service.objects.get(key="google-analytics")
    necessary = Category.objects.get(key="necessary")
    response = edit(manager, service, category=necessary.pk, country="be")
    assert "accord" in str(response.context["adminform"].form.errors["category"])
    assert "majuscules" in str(
        edit(manager, service, country="be").context["adminform"].form.errors
    )
    cookie = Cookie.objects.get(name="_ga")
    response = edit(manager, cookie, name="é a")
    assert "accent" in str(response.context["adminform"].form.errors["name"])
    response = edit(manager, cookie, purpose_fr="Voir {nobody}.")
    assert "{nobody}" in str(response.context["adminform"].form.errors["purpose"])
    browser = Browser.objects.get(key="edge")
    response = edit(manager, browser, url="http://example.test")
    assert "https://" in str(response.context["adminform"].form.errors["url"])


def test_preset_rules_are_fields(manager: Client) -> None:
    rule = PresetRule.objects.get()
    cookie = Cookie.objects.get(name="_gat")
    edge = Browser.objects.get(key="edge")
    page = manager.get(change_url(rule))
    data = fields_of(page)
    data.pop(f"cookie-{cookie.pk}-hidden")
    data[f"browser-{edge.pk}-hidden"] = "on"
    assert manager.post(change_url(rule), data).status_code == 302
    rule.refresh_from_db()
    assert "_gat" not in rule.overrides["cookies"]
    assert rule.overrides["browsers"] == {
        "edge": {"hidden": True},
        "internet-explorer": {"hidden": True},
    }
    assert rule.overrides["cookies"]["cookieconsent_status"]["choice_months"] == 6
    act = Act.objects.get(act="admin.changed")
    assert act.target == f"consent.presetrule:{rule.pk}"


def test_lists_search_and_show_french(manager: Client) -> None:
    for model, word, seen in (
        ("policyblock", "rejetée", "no-answer"),
        ("bannertext", "vos cookies", "title"),
        ("cookie", "numéro aléatoire", "_ga"),
        ("service", "googletagmanager", "Google Analytics"),
        ("fact", "boekjaren", "accounting"),
        ("category", "mesurent", "analytics"),
        ("browser", "mozilla", "Firefox"),
    ):
        word = "fiscale jaren" if word == "boekjaren" else word
        page = manager.get(f"/admin/consent/{model}/", {"q": word})
        assert page.status_code == 200
        assert seen in page.content.decode(), model
        assert "Rien de ce qui est écrit ici n'est public" in page.content.decode().replace(
            "&#x27;", "'"
        )


def test_ck_16_spelling_asks_nobody_through_the_screens(manager: Client) -> None:
    row = Service.objects.get(key="google-analytics")
    edit(manager, row, purpose_fr=row.purpose["fr"].replace("Mesurer", "Mésurer"))
    page = manager.get(PUBLISH)
    assert page.context["review"].changes
    assert not page.context["review"].asks_again
    assert "<ins>Mésurer</ins>" in page.content.decode()
    response = publish(manager)
    assert "La version 2 est publiée" in response.content.decode()
    assert Publication.objects.get(number=2).notice_id == 1
    assert Notice.objects.count() == 1


def test_ck_16_another_meaning_asks_everybody_through_the_screens(manager: Client) -> None:
    row = Service.objects.get(key="google-analytics")
    edit(manager, row, purpose_fr="Vendre les visites du site.")
    page = manager.get(PUBLISH)
    assert [(r.key, r.field) for r in page.context["review"].reasons] == [
        ("google-analytics", "purpose")
    ]
    assert "Oui, chacun." in page.content.decode()
    publish(manager)
    assert Publication.objects.get(number=2).notice_id == 2
    act = Act.objects.get(act="register.published")
    assert act.details["asks_again"] is True
    assert act.actor == User.objects.get().pk


def test_a_draft_that_changed_since_is_refused(manager: Client) -> None:
    row = BannerText.objects.get(key="title")
    edit(manager, row, text_fr="Vos cookies, vos choix")
    seen = token(manager.get(PUBLISH))
    edit(manager, row, text_nl="Uw cookies")
    response = publish(manager, token=seen)
    assert "a changé depuis que vous" in response.content.decode()
    assert Publication.objects.count() == 1
    assert not Act.objects.filter(act="register.published").exists()
    response = publish(manager, confirm="")
    assert "Cochez la case" in response.content.decode()
    assert Publication.objects.count() == 1


def test_problems_block_and_name_their_row(manager: Client) -> None:
    cookie = Cookie.objects.get(name="sessionid")
    edit(manager, cookie, lifetime_seconds=60)
    page = manager.get(PUBLISH)
    html = page.content.decode()
    assert "1209600 secondes" in html
    assert change_url(cookie) in html
    assert "Publier maintenant" not in html
    response = manager.post(PUBLISH, {"token": page.context["review"].token, "confirm": "yes"})
    assert response.status_code == 302
    assert Publication.objects.count() == 1


def test_discard_loses_the_draft_only_when_confirmed(manager: Client) -> None:
    edit(manager, BannerText.objects.get(key="title"), text_fr="Autre chose")
    page = manager.get(DISCARD)
    manager.post(DISCARD, {"token": token(page)})
    assert rows.dumped()["banner"]["title"]["fr"] == "Autre chose"
    manager.post(DISCARD, {"token": "0" * 64, "confirm": "yes"})
    assert rows.dumped()["banner"]["title"]["fr"] == "Autre chose"
    manager.post(DISCARD, {"token": token(page), "confirm": "yes"})
    assert rows.dumped() == Publication.objects.get().source
    assert Act.objects.filter(act="draft.discarded").count() == 1


def test_preset_shows_its_effect_then_publishes(manager: Client) -> None:
    page = manager.get(PRESET)
    html = page.content.decode()
    for words in ("1 an", "6 mois", "393 jours", "31536000", "15638400", "Internet Explorer"):
        assert words in html, words
    assert "Oui, chacun." in html
    assert Publication.objects.count() == 1
    data = {"token": token(page), "preset": "strict_be_fr", "confirm": "yes"}
    manager.post(PRESET, data)
    newest = Publication.objects.get(number=2)
    assert (newest.preset, newest.notice_id) == ("strict_be_fr", 2)
    assert Control.objects.get().policy_preset == "strict_be_fr"
    assert Publication.objects.get(number=1).preset == "politique"
    # Twice is once: the screen now offers the way back.
    manager.post(PRESET, data)
    assert Publication.objects.count() == 2
    assert manager.get(PRESET).context["other"] == "politique"


def test_preset_waits_for_an_open_draft(manager: Client) -> None:
    edit(manager, BannerText.objects.get(key="title"), text_fr="Autre chose")
    page = manager.get(PRESET)
    assert "Un brouillon est ouvert" in page.content.decode()
    data = {"token": page.context["review"].token, "preset": "strict_be_fr", "confirm": "yes"}
    manager.post(PRESET, data)
    assert Publication.objects.count() == 1
    assert not Control.objects.exclude(policy_preset="").exists()


@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
@pytest.mark.parametrize("what", ["policy", "banner", "choices"])
def test_preview_is_the_draft_and_records_nothing(
    manager: Client, what: str, language: str
) -> None:
    title = BannerText.objects.get(key="title")
    edit(manager, title, **{f"text_{language}": "TITRE NEUF"})
    block = PolicyBlock.objects.get(key="cookies")
    edit(manager, block, **{f"text_{language}": "CHAPITRE NEUF"})
    revisions = Revision.objects.count()
    page = manager.get(f"/admin/consent/publication/preview/{what}/{language}/")
    html = page.content.decode()
    assert page.status_code == 200
    assert f'<html lang="{language}">' in html
    assert {"policy": "CHAPITRE NEUF", "banner": "TITRE NEUF", "choices": "cp-choice"}[what] in html
    assert Revision.objects.count() == revisions
    assert Publication.objects.count() == Notice.objects.count() == 1
    assert "noindex" in page.headers["X-Robots-Tag"]
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "<script" not in html
    assert 'method="post"' not in html
    assert "no-store" in page.headers["Cache-Control"]


def test_preview_is_for_staff_only(client: Client) -> None:
    address = "/admin/consent/publication/preview/policy/fr/"
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("marie@example.test", "x"))
    assert client.get(address, follow=True).status_code == 403


def test_preview_of_what_cannot_be_shown_says_so(manager: Client) -> None:
    Cookie.objects.filter(name="cookieconsent_status").delete()
    response = manager.get("/admin/consent/publication/preview/banner/fr/", follow=True)
    assert "corrigez d" in response.content.decode()
    assert manager.get("/admin/consent/publication/preview/autre/fr/").status_code == 404
    assert manager.get("/admin/consent/publication/preview/policy/it/").status_code == 404


@pytest.mark.parametrize("group", [AGENTS, OFFICERS, AUDITORS])
def test_others_read_and_publish_nothing(group: str) -> None:
    reader = member(group)
    text = BannerText.objects.get(key="title")
    BannerText.objects.filter(pk=text.pk).update(text={**text.text, "fr": "Autre chose"})
    for address in (PUBLISH, PRESET, "/admin/consent/publication/"):
        assert reader.get(address).status_code == 200
    assert "Publier maintenant" not in reader.get(PUBLISH).content.decode()
    seen = reader.get(PUBLISH).context["review"].token
    data = {"token": seen, "confirm": "yes", "preset": "strict_be_fr"}
    for address in (PUBLISH, PRESET, DISCARD):
        assert reader.post(address, data).status_code == 403
    assert reader.get(DISCARD).status_code == 403
    assert Publication.objects.count() == 1
    for model in ROWS:
        row = model.objects.all()[0]
        page = reader.get(change_url(row))
        assert page.status_code == 200, model
        assert '"fr":' not in page.content.decode()
        assert reader.post(change_url(row), {}).status_code == 403


def test_archive_sees_none_of_it() -> None:
    reader = member("archive")
    for address in (PUBLISH, PRESET, DISCARD, "/admin/consent/publication/preview/policy/fr/"):
        assert reader.get(address).status_code == 403


def test_published_version_is_shown_with_its_links(manager: Client) -> None:
    version = Publication.objects.get()
    page = manager.get("/admin/consent/publication/1/change/").content.decode()
    assert version.sha256 in page
    assert "/privacy/versions/1/" in page
    assert "une commande" in page
    assert manager.get("/privacy/versions/1/").status_code == 200
    assert manager.post("/admin/consent/publication/1/change/", {}).status_code == 403


def test_kill_switch_is_audited_with_what_changed(manager: Client) -> None:
    data = {
        "analytics_property_retention_months": "14",
        "analytics_property_checked_on": "2026-11-02",
        "proof_retention_years": "5",
    }
    assert manager.post("/admin/consent/control/add/", data).status_code == 302
    control = Control.objects.get()
    assert not control.analytics_enabled
    act = Act.objects.get(act="control.changed")
    assert act.details["analytics_enabled"] == ["True", "False"]
    Control.objects.update(policy_preset="strict_be_fr")
    page = manager.get("/admin/consent/control/1/change/")
    assert "25 mois" in page.content.decode()
    manager.post("/admin/consent/control/1/change/", data | {"analytics_enabled": "on"})
    control.refresh_from_db()
    assert (control.analytics_enabled, control.policy_preset) == (True, "strict_be_fr")
    late = data | {"analytics_property_checked_on": "2999-01-01"}
    page = manager.post("/admin/consent/control/1/change/", late)
    assert "pas encore venu" in page.content.decode()


def test_screens_stay_within_their_queries(
    manager: Client, django_assert_max_num_queries: Any
) -> None:
    """Session, user, permissions (4); rows (17); versions and what they name."""
    edit(manager, BannerText.objects.get(key="title"), text_fr="Autre chose")
    for address, most in (
        (PUBLISH, 29),
        (PRESET, 41),
        (DISCARD, 29),
        ("/admin/consent/publication/preview/policy/fr/", 27),
        ("/admin/consent/policyblock/", 12),
    ):
        with django_assert_max_num_queries(most):
            assert manager.get(address).status_code == 200
