"""Every tag of `{% load consent %}`, rendering nothing."""

from typing import Any

from django import template

register = template.Library()


def nothing(*args: Any, **kwargs: Any) -> str:
    return ""


for _name in (
    "consent_head",
    "consent_banner",
    "consent_manage",
    "gated_script",
    "gated_iframe",
    "google_analytics",
):
    register.simple_tag(nothing, name=_name)
