"""`python -m consent.receipt FILE`: is this receipt genuine? No site, database, network.

Beside Python only `cryptography` and `rfc8785`. Exit 0 when every word of the receipt is proven,
1 with the first that is not.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import rfc8785

from consent.log import chain, claims, merkle
from consent.log.canonical import FIELDS, dumps, sha256
from consent.log.chain import Statement

# Said for convenience beside what is proven.
INFORMATION = {"authority", "now", "proof"}


class Unproven(Exception):
    """Why the receipt is not proven, in one sentence."""


def verify(receipt: Any, keys: list[dict[str, str]] | None = None) -> Statement:
    """The seal that proves `receipt`. Raises Unproven.

    `keys` as in /.well-known/consent-log.json: one of them must have signed.
    """
    try:
        proof, shown = receipt["proof"], receipt["privacy_notice"]["shown"]
        is_sealed = proof["sealed"]
    except (KeyError, TypeError) as error:
        raise Unproven("This is no receipt of a consent log.") from error
    if is_sealed is not True:
        raise Unproven(
            "This receipt is not sealed yet: download it again a minute after the choice."
        )
    seal = _seal(proof, keys)
    leaf = _leaf(proof, seal)
    if sha256(rfc8785.dumps(shown)) != leaf["revision"]:
        raise Unproven("What the receipt says was shown is not what the record names by its hash.")
    _compare(receipt, leaf, shown)
    return seal


def _seal(proof: dict[str, Any], keys: list[dict[str, str]] | None) -> Statement:
    try:
        statement, signature = chain.read(proof["seal"])
    except (chain.Malformed, KeyError) as error:
        raise Unproven(f"The seal in the receipt is damaged. {error}") from error
    if not chain.is_signed(statement, signature):
        raise Unproven(f"Seal {statement.number} is not signed by the key that it names.")
    signer = (statement.key_id, statement.public_key)
    if keys is not None and signer not in {(key["id"], key["public_key"]) for key in keys}:
        raise Unproven(
            f"Seal {statement.number} is signed by key {statement.key_id}, which is not among the "
            f"keys of the site."
        )
    if statement.kind != "records":
        raise Unproven(f"Seal {statement.number} seals no records.")
    return statement


def _leaf(proof: dict[str, Any], seal: Statement) -> dict[str, Any]:
    leaf = proof.get("leaf")
    if not isinstance(leaf, dict) or set(leaf) != set(FIELDS):
        raise Unproven("The record in the receipt is damaged.")
    try:
        path = [bytes.fromhex(text) for text in proof["path"]]
        start = merkle.leaf(dumps(leaf))
        root = merkle.root_of_path(start, proof["position"], seal.count, path)
    except (KeyError, TypeError, ValueError) as error:
        raise Unproven("The way from the record to the seal is damaged.") from error
    if root is None or root.hex() != seal.root:
        raise Unproven(
            f"The record in the receipt is not in seal {seal.number}: it was changed, or it is "
            f"another one's proof."
        )
    return leaf


def _compare(receipt: dict[str, Any], leaf: dict[str, Any], shown: dict[str, Any]) -> None:
    """Everything that the receipt says is made again from what is proven."""
    try:
        site = str(receipt["privacy_notice"]["reference"]).rpartition(claims.VERSIONS)[0]
        proven = claims.receipt(leaf, shown, site=site)
    except (KeyError, TypeError, ValueError) as error:
        raise Unproven("The receipt is damaged: it lacks what was shown.") from error
    said = {name: value for name, value in receipt.items() if name not in INFORMATION}
    for where, value in _differences(said, proven):
        raise Unproven(f"The receipt was changed: {where} says {value}, which is not proven.")


def _differences(said: Any, proven: Any, where: str = "") -> Any:
    """(place, what is said there) wherever the two differ."""
    if isinstance(said, dict) and isinstance(proven, dict):
        for name in [*said, *(proven.keys() - said.keys())]:
            yield from _differences(said.get(name), proven.get(name), f"{where}.{name}".lstrip("."))
    elif isinstance(said, list) and isinstance(proven, list) and len(said) == len(proven):
        for index, pair in enumerate(zip(said, proven, strict=True)):
            yield from _differences(*pair, where=f"{where}[{index}]")
    elif said != proven or type(said) is not type(proven):
        yield where, json.dumps(said, ensure_ascii=False)[:200]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Unproven(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Unproven(f"{path} is not JSON.") from error


def _read_keys(path: Path) -> list[dict[str, str]]:
    try:
        return [{"id": key["id"], "public_key": key["public_key"]} for key in _read(path)["keys"]]
    except (KeyError, TypeError) as error:
        raise Unproven(f"{path} holds no public keys of a consent log.") from error


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m consent.receipt", description="Is this receipt of a choice genuine?"
    )
    parser.add_argument("file", type=Path, help="a receipt as it was downloaded")
    parser.add_argument(
        "--keys", type=Path, help="/.well-known/consent-log.json of the site, saved as a file"
    )
    options = parser.parse_args(arguments)
    try:
        receipt = _read(options.file)
        seal = verify(receipt, _read_keys(options.keys) if options.keys else None)
    except Unproven as error:
        sys.stderr.write(f"{error}\n")
        return 1
    event = receipt["event"]
    sys.stdout.write(
        f"Genuine: record {receipt['record_id']} ({event['event_state']}, {event['event_time']}) "
        f"is in seal {seal.number} of {seal.sealed_at}, signed by key {seal.key_id}.\n"
    )
    if isinstance(now := receipt.get("now"), dict):
        sys.stdout.write(
            f"Information, not proven: when it was downloaded, the site said {now.get('state')!r} "
            f"since {now.get('since')!r}.\n"
        )
    if not options.keys:
        sys.stdout.write(
            f"That key is {seal.public_key}: compare it with the site's "
            f"/.well-known/consent-log.json, or give that file as --keys.\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
