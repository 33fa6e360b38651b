"""What records name by number or hash: notices, versions, revisions, scripts and styles."""

from consent.log.canonical import sha256
from consent.log.verification.broken import Broken
from consent.log.verification.month import Named
from consent.models import Asset, Notice, Publication, Revision
from consent.publishing import digest, version_digest

FETCH = 20


def check(named: Named, texts: dict[tuple[str, int, str], int]) -> None:
    """Each has its hash, is what the seals say, and is there. Raises Broken."""
    notices = {row.number: row.sha256 for row in _notices()}
    publications = {row.number: row.sha256 for row in _publications()}
    assets = {row.sha256 for row in _assets()}
    revisions = {row.sha256 for row in _revisions(publications, assets)}
    here = {"notice": notices, "publication": publications}
    for (table, number, sha), seal in sorted(texts.items(), key=lambda item: item[1]):
        if here[table].get(number) != sha:
            raise Broken(f"The {table} {number} is not the one that seal {seal} names.")
    for notice, publication, revision in sorted(named):
        for table, key, known in (
            ("notice", notice, notices),
            ("publication", publication, publications),
            ("revision", revision, revisions),
        ):
            if key not in known:
                raise Broken(f"The {table} {key}, which records name, was removed.")


def _notices() -> list[Notice]:
    rows = list(Notice.objects.order_by("number"))
    for row in rows:
        if digest(row.content) != row.sha256:
            raise Broken(f"The notice {row.number} was changed: it does not have its hash.")
    return rows


def _publications() -> list[Publication]:
    rows = list(Publication.objects.defer("source").order_by("number"))
    for row in rows:
        if version_digest(row.content, row.in_force_on) != row.sha256:
            raise Broken(f"The publication {row.number} was changed: it does not have its hash.")
    return rows


def _assets() -> list[Asset]:
    rows = list(Asset.objects.order_by("sha256"))
    for row in rows:
        if sha256(row.body.encode()) != row.sha256:
            raise Broken(f"The script or style {row.path} was changed: it is not {row.sha256}.")
    return rows


def _revisions(publications: dict[int, str], assets: set[str]) -> list[Revision]:
    rows = []
    for row in Revision.objects.order_by("sha256").iterator(chunk_size=FETCH):
        if digest(row.content) != row.sha256:
            raise Broken(f"The revision {row.sha256} was changed: it does not have its hash.")
        if row.content["policy_sha256"] != publications.get(row.publication_id):
            raise Broken(
                f"The publication {row.publication_id} was changed: revision {row.sha256} showed "
                f"another one."
            )
        lacking = set(row.content["assets"].values()) - assets
        if lacking:
            raise Broken(f"The script or style {min(lacking)} of a revision was removed.")
        row.content = {}
        rows.append(row)
    return rows
