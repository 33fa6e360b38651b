"""What each group of staff may do in the admin.

Migration 0002 makes the groups; their permissions follow this table after every migration, because
Django makes the permissions themselves only then. Rights of your own go into groups of your own.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import router

AGENTS = "agents"
MANAGERS = "privacy managers"
OFFICERS = "data protection officers"
ARCHIVE = "archive"
AUDITORS = "auditors"

# The draft of the register: what managers write, and publish.
REGISTER = (
    "fact", "category", "service", "cookie", "browser", "bannertext", "policyblock", "presetrule",
)  # fmt: skip
# The part of it that says what is processed.
PROCESSING = (
    "purpose", "datacategory", "peoplecategory", "recipient", "processor", "retentionrule",
    "securitymeasure",
)  # fmt: skip
# What was published holds nothing about anyone.
PUBLISHED = ("notice", "publication", "revision", "asset")
ALL_VIEWS = "view_*"


def _each(acts: tuple[str, ...], models: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{act}_{model}" for act in acts for model in models)


# Messages of the contact form and complaints: who follows them.
CONTACT = frozenset(
    {"view_contactmessage", "handle_contactmessage", "view_complaint", "change_complaint"}
)
# What managers do with people. Of the archive they see nothing (RT-11).
PEOPLE = _each(
    ("view",),
    ("datasubject", "legalhold", "restriction", "disclosure", "disclosureproposal", "invoice",
     "fiscalyear"),
) | frozenset(
    {
        "correct_datasubject",
        "add_legalhold",
        "release_legalhold",
        "add_restriction",
        "change_restriction",
        "add_disclosure",
        "add_invoice",
        "add_fiscalyear",
        "change_fiscalyear",
    }
)  # fmt: skip
RETENTION = frozenset({"view_retentionrun", "view_accountingapproval", "decide_accountingapproval"})
MARKETING = (
    frozenset({"send_campaign"})
    | _each(("view",), ("campaign", "marketingchoice", "objection", "policynotice"))
    | _each(("add", "change", "delete"), ("campaign",))
)
# The register of breaches: managers write, whoever reads all reads (DR-22).
BREACHES = _each(("view", "add", "change"), ("breach",))
REQUESTS = frozenset({"view_rightsrequest", "handle_rightsrequest"})

# A file of the log is a way to read it.
READS_ALL = {
    "consent": frozenset({ALL_VIEWS, "export_record"}),
    **{label: frozenset({ALL_VIEWS}) for label in ("privacy", "auth", "admin", "clicknconnect")},
}
# Group → application → codenames. `view_*` covers models to come, too.
PERMISSIONS: dict[str, dict[str, frozenset[str]]] = {
    AGENTS: {
        "consent": _each(("view",), (*REGISTER, *PUBLISHED, "acknowledgement")),
        "privacy": _each(("view",), (*PROCESSING, "datasubject")) | CONTACT | REQUESTS,
    },
    MANAGERS: {
        "consent": frozenset(
            {
                ALL_VIEWS,
                "change_control",
                "publish_publication",
                "add_acknowledgement",
                "export_record",
                "handle_cspreport",
            }
        )
        | _each(("add", "change", "delete"), REGISTER),
        "privacy": frozenset({"view_user", "decide_rightsrequest"})
        | _each(("view", "add", "change", "delete"), PROCESSING)
        | CONTACT
        | PEOPLE
        | RETENTION
        | MARKETING
        | BREACHES
        | REQUESTS,
        "clicknconnect": frozenset({"view_run", "retry_run"}),
    },
    # They read all and decide nothing (GDPR art. 38(6)).
    OFFICERS: READS_ALL,
    # What retention keeps after an account's end, to read.
    ARCHIVE: {
        "privacy": frozenset({"view_archive"})
        | _each(("view",), ("datasubject", "invoice", "invoiceline", "complaint", "disclosure"))
    },
    AUDITORS: READS_ALL,
}


def sync_groups(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Give the groups exactly the permissions of the application that was just migrated."""
    apps = kwargs.get("apps", installed)
    try:
        groups = apps.get_model("auth", "Group").objects.using(using)
        permissions = apps.get_model("auth", "Permission").objects.using(using)
    except LookupError:  # not migrated that far
        return
    if not router.allow_migrate_model(using, groups.model):
        return
    create_permissions(sender, verbosity=0, interactive=False, using=using, apps=apps)
    own = list(permissions.filter(content_type__app_label=sender.label))
    for group in groups.filter(name__in=PERMISSIONS):
        wanted = PERMISSIONS[group.name].get(sender.label, frozenset())
        given = set(group.permissions.filter(content_type__app_label=sender.label))
        right = {permission for permission in own if _covers(wanted, permission.codename)}
        group.permissions.remove(*(given - right))
        group.permissions.add(*(right - given))


def _covers(wanted: frozenset[str], codename: str) -> bool:
    return codename in wanted or (ALL_VIEWS in wanted and codename.startswith("view_"))
