"""`run`: ask the vulnerability databases about both locks. `age`: say how old the last one is."""

import datetime
import hashlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
# Committed, so that everyone sees when the locked packages were last asked about.
RECORD = ROOT / "audit.json"


def digests() -> dict[str, str]:
    return {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in LOCKS}


def today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def run() -> int:
    for name in LOCKS:
        sys.stdout.write(f"{name}: ")
        sys.stdout.flush()
        answer = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--strict", "--require-hashes"),
                *("--disable-pip", "--progress-spinner", "off", "-r", name),
            ],
            cwd=ROOT,
            check=False,
        )
        if answer.returncode != 0:
            sys.stderr.write(
                f"The audit of {name} failed: a package has a known vulnerability, or the database "
                "could not be asked; what is printed above says which.\n"
            )
            return 1
    RECORD.write_text(
        json.dumps({"audited_on": today().isoformat(), "sha256": digests()}, indent=2) + "\n"
    )
    return 0


def age() -> str:
    if not RECORD.exists():
        return "The locked packages were never audited: `make audit` does it."
    record = json.loads(RECORD.read_text("utf-8"))
    days = (today() - datetime.date.fromisoformat(record["audited_on"])).days
    changed = "" if record["sha256"] == digests() else "; the locks have changed since"
    return f"The last audit is {days} days old ({record['audited_on']}){changed}."


def main() -> int:
    if sys.argv[1:] == ["run"]:
        return run()
    sys.stdout.write(f"{age()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
