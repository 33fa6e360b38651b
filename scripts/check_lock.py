"""Check the locks: every package at one version with its hashes, and no host or address named."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
ADDRESS = re.compile(
    r"://|\bwww\.|^\s*-(?:i|f|e)\b|--(?:index-url|extra-index-url|find-links|trusted-host)"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def entries(text: str) -> list[str]:
    """The requirements of a lock, each with the lines that belong to it; comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip()]


def read_pins(path: Path, problems: list[str]) -> dict[str, set[str]]:
    """The locked versions by package (more than one where they differ by Python or system)."""
    text = path.read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if ADDRESS.search(line):
            problems.append(f"{path.name}:{number} names a host or address: {line.strip()}")
    pins: dict[str, set[str]] = {}
    for entry in entries(text):
        pin = PIN.match(entry)
        if pin is None or " @ " in entry:
            problems.append(f"{path.name}: not pinned to one version with ==: {entry[:80]}")
            continue
        if not HASH.search(entry):
            problems.append(f"{path.name}: {pin[1]} has no hash.")
        pins.setdefault(canonicalize_name(pin[1]), set()).add(pin[2])
    return pins


def compare(
    name: str, pins: dict[str, set[str]], wanted: list[Requirement], problems: list[str]
) -> None:
    """Each direct dependency is locked, at a version that pyproject.toml allows."""
    for requirement in wanted:
        versions = pins.get(canonicalize_name(requirement.name))
        if not versions:
            problems.append(f"{name}: {requirement.name} of pyproject.toml is not in it.")
        elif not all(requirement.specifier.contains(version) for version in versions):
            problems.append(f"{name}: {requirement} does not allow {', '.join(sorted(versions))}.")


def problems_of(root: Path) -> list[str]:
    problems: list[str] = []
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    runtime = [Requirement(text) for text in project["project"]["dependencies"]]
    development = [Requirement(text) for text in project["dependency-groups"]["dev"]]
    run_pins = read_pins(root / "requirements.lock", problems)
    dev_pins = read_pins(root / "requirements-dev.lock", problems)
    compare("requirements.lock", run_pins, runtime, problems)
    compare("requirements-dev.lock", dev_pins, runtime + development, problems)
    problems.extend(
        f"{name} is locked at another version for development than for running."
        for name, versions in run_pins.items()
        if dev_pins.get(name) != versions
    )
    return problems


def main() -> int:
    problems = problems_of(ROOT)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        sys.stderr.write("Run `make lock`, or correct pyproject.toml.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
