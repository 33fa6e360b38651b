"""Pictures of what was shown: both layers of a revision, from its own kept content (CP-04).

CNIL 2020-092, art. 5, asks for pictures of what people saw, on a phone and on a computer.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.contrib.staticfiles import finders

from clicknconnect.logs import logger
from consent.enums import Layer
from consent.models import Asset, Picture, Publication, Revision

# CSS pixels: a phone and a computer, upright windows of their usual height.
WINDOWS = {390: 844, 1280: 800}
# The look of the site around the banner; the banner's own style is kept with the revision.
SITE_STYLE = "site/site.css"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture is of: `page` is HTML that needs nothing from anywhere."""

    revision: Revision
    layer: Layer
    width: int
    page: str


def missing() -> list[tuple[Revision, Layer, int]]:
    """(revision, layer, width) without a picture, for the revisions of the version in force.

    One version has a revision for each language, and new ones when a script or a style changes.
    """
    newest = Publication.objects.order_by("-number").first()
    if newest is None:
        return []
    revisions = list(Revision.objects.filter(publication=newest).order_by("language", "sha256"))
    there = set(
        Picture.objects.filter(revision__in=revisions).values_list("revision", "layer", "width")
    )
    return [
        (revision, layer, width)
        for revision, layer, width in product(revisions, Layer, WINDOWS)
        if (revision.pk, layer.value, width) not in there
    ]


def take(*, now: datetime) -> int:
    """Take every missing picture; how many were kept. 0 where this machine has no browser."""
    # Read before and written after: Django's database may not be used beside a browser's loop.
    scenes = [Scene(*row, page=page(row[0])) for row in missing()]
    if not scenes:
        return 0
    from consent.scan import browse, photograph

    try:
        with browse.chromium() as browser:
            shots = [photograph.photograph(browser, scene) for scene in scenes]
    except browse.NoBrowser:
        logger.warning("pictures_no_browser", missing=len(scenes))
        return 0
    before = Picture.objects.count()
    Picture.objects.bulk_create(
        [
            Picture(
                revision=scene.revision,
                layer=scene.layer,
                width=scene.width,
                sha256=hashlib.sha256(png).hexdigest(),
                png=png,
                taken_at=now,
            )
            for scene, png in zip(scenes, shots, strict=True)
        ],
        ignore_conflicts=True,  # another worker was faster
    )
    return Picture.objects.count() - before


def page(revision: Revision) -> str:
    """The kept banner and second layer in a page of the site's look; the latter in a template."""
    content = revision.content
    kept = {
        path: Asset.objects.get(pk=sha256).body
        for path, sha256 in content["assets"].items()
        if path.endswith(".css")
    }
    styles = "".join(f"<style>{style}</style>" for style in (_site_style(), *kept.values()))
    return (
        f'<!doctype html><html lang="{revision.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{styles}</head><body>{content['banner_html']}"
        f"<template>{content['preferences_html']}</template></body></html>"
    )


def _site_style() -> str:
    found = finders.find(SITE_STYLE)
    if not isinstance(found, str):
        return ""
    with open(found, encoding="utf-8") as file:
        return file.read()
