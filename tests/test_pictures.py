"""Which pictures are missing, who sees them, and that nothing fails without a browser (CP-04)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import Client

from consent import pictures
from consent.enums import Layer
from consent.models import Picture, Revision
from consent.scan import browse
from privacy.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


def keep(layer: Layer = Layer.BANNER, width: int = 390) -> Picture:
    revision = Revision.objects.get(language="fr")
    return Picture.objects.create(
        revision=revision, layer=layer, width=width, sha256="0" * 64, png=PNG, taken_at=NOW
    )


def test_cp_04_what_has_no_picture_is_missing() -> None:
    assert len(pictures.missing()) == 16
    row = keep()
    left = pictures.missing()
    assert len(left) == 15
    assert (row.revision, row.layer, row.width) not in left


def test_cp_04_one_picture_of_each() -> None:
    keep()
    with pytest.raises(IntegrityError), transaction.atomic():
        keep()


def test_cp_04_without_a_browser_nothing_fails(monkeypatch: Any) -> None:
    lines: list[str] = []
    monkeypatch.setattr(browse.shutil, "which", lambda name: None)
    monkeypatch.setattr(pictures.logger, "warning", lambda event, **more: lines.append(event))
    assert pictures.take(now=NOW) == 0
    assert lines == ["pictures_no_browser"]
    assert len(pictures.missing()) == 16


def test_cp_04_the_page_is_made_of_what_was_kept() -> None:
    revision = Revision.objects.get(language="fr")
    page = pictures.page(revision)
    assert revision.content["banner_html"] in page
    assert revision.content["preferences_html"] in page
    assert "max-width: 66rem" in page or "max-width:66rem" in page
    assert "<script" not in page
    assert "<link" not in page


def staff(*permissions: str) -> Client:
    person = User.objects.create_user(
        email="pictures@example.test", password="x", is_staff=True, is_active=True
    )
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def test_cp_04_staff_see_the_pictures_of_a_revision() -> None:
    client = staff("view_revision")
    revision = Revision.objects.get(language="fr")
    address = f"/admin/consent/revision/{revision.pk}/change/"
    assert "Pas encore prises" in client.get(address).text
    row = keep()
    picture = f"/admin/consent/revision/pictures/{row.pk}.png"
    assert picture in client.get(address).text
    answer = client.get(picture)
    assert (answer["Content-Type"], answer.content) == ("image/png", PNG)
    assert client.get("/admin/consent/revision/pictures/999999.png").status_code == 404


def test_cp_04_others_see_no_picture() -> None:
    picture = f"/admin/consent/revision/pictures/{keep().pk}.png"
    assert staff("view_record").get(picture).status_code == 403
    assert Client().get(picture).status_code == 302
