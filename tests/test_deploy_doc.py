"""docs/deploy.md: every command of ours that it shows exists, with those options."""

import re
import shlex

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.environment import ROOT

TEXT = (ROOT / "docs/deploy.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SHOWN = "\n".join([*BLOCKS, *re.findall(r"`([^`\n]+)`", TEXT)])
MANAGE = sorted(set(re.findall(r"manage\.py ([a-z_]+[^&|;\n#]*)", SHOWN)))


@pytest.mark.parametrize("line", MANAGE)
def test_deploy_document_shows_commands_that_parse(line: str) -> None:
    name, *arguments = shlex.split(line)
    known = get_commands()
    assert name in known
    parser = load_command_class(known[name], name).create_parser("manage.py", name)
    parser.parse_args(arguments)


def test_deploy_document_shows_backup_restore_and_migrate() -> None:
    shown = {line.split()[0] for line in MANAGE}
    assert {"backup", "migrate"} <= shown
    assert any("restore" in line and "--commit" in line for line in MANAGE)


def test_deploy_document_names_files_that_exist() -> None:
    named = set(re.findall(r"\b(?:deploy|scripts|tests)/[\w./@-]*\w", TEXT))
    assert len(named) > 10
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_deploy_document_names_units_that_exist() -> None:
    units = {path.name for path in (ROOT / "deploy/systemd").iterdir()}
    for block in BLOCKS:
        for line in re.findall(r"systemctl (?:start|stop|enable|restart)[^&|\n]*", block):
            for word in re.findall(r"clicknconnect-[\w@.*]+", line):
                unit = re.sub(r"@[\w*]*", "@", word)
                assert unit in units or f"{unit}.service" in units, word


def test_deploy_document_names_services_of_the_compose_file() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    for line in re.findall(r"docker compose run --rm (\w+)", SHOWN):
        assert line in services
    for line in re.findall(r"docker compose stop ([\w ]+)", SHOWN):
        assert set(line.split()) <= set(services)
