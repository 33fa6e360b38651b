"""docker-compose.yml, Dockerfile and entrypoints fit the project. Needs no container engine."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import get_commands

from tests.test_docs import settings_read

ROOT = Path(__file__).resolve().parent.parent
SITE = ("migrate", "web", "worker", "backup")
OTHERS = ("database", "proxy", "mail")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?::?[?+-][^}]*)?\}")
# The postgres image's own variables.
IMAGE = {"POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}
SECRETS = {
    "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "LEDGER_SIGNING_KEYS",
    "POSTGRES_PASSWORD", "DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD",
}  # fmt: skip


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text_of("docker-compose.yml"))
    return loaded


def test_compose_fits_the_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(text_of("tests/data/compose-spec.json"))
    validator = jsonschema.Draft201909Validator(schema)
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(compose)] == []


def test_compose_schema_finds_mistakes(compose: dict[str, Any]) -> None:
    schema = json.loads(text_of("tests/data/compose-spec.json"))
    wrong = {"services": {"web": {**compose["services"]["web"], "comand": ["web"]}}}
    assert list(jsonschema.Draft201909Validator(schema).iter_errors(wrong))


def test_compose_order_of_start(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {*OTHERS, *SITE}
    for name in ("migrate", "backup"):
        assert services[name]["depends_on"] == {"database": {"condition": "service_healthy"}}
        assert services[name]["restart"] == "no"
    assert services["proxy"]["depends_on"] == {"web": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
    for name in ("database", "web", "worker", "proxy", "mail"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"
        assert services[name]["restart"] == "unless-stopped"
    assert all(services[name]["deploy"]["replicas"] > 1 for name in ("web", "worker"))
    # Only when asked for.
    assert services["backup"]["profiles"] == ["tools"]
    assert services["mail"]["profiles"] == ["trial"]


def test_compose_passes_only_variables_that_are_read(compose: dict[str, Any]) -> None:
    for name in SITE:
        assert set(compose["services"][name]["environment"]) <= settings_read(), name
    own = set(
        re.findall(r"\$\{([A-Z_]+):\?\}|getenv \w+ ([A-Z_]+)", text_of("deploy/postgres-init"))
    )
    read = {variable for pair in own for variable in pair if variable}
    assert set(compose["services"]["database"]["environment"]) == IMAGE | read


def test_compose_has_no_default_secret() -> None:
    text = text_of("docker-compose.yml")
    for name in SECRETS:
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses, name
        assert all(rest.startswith(":?") for rest in uses), name
    assert "DEMO" not in text


def test_compose_owner_only_migrates(compose: dict[str, Any]) -> None:
    for name in SITE:
        environment = compose["services"][name]["environment"]
        assert ("DATABASE_OWNER_URL" in environment) == (name in {"migrate", "backup"})
        assert "clicknconnect_owner" not in environment["DATABASE_URL"]


def test_compose_database_is_reached_encrypted_only(compose: dict[str, Any]) -> None:
    for name in SITE:
        service = compose["services"][name]
        for variable, value in service["environment"].items():
            if variable == "DATABASE_OWNER_URL" and name == "backup":
                # By a socket that only this container shares with the database's.
                assert value.endswith("@/clicknconnect?host=/run/database")
            elif variable.endswith("_URL") and value.startswith("postgresql:"):
                assert "@database/" in value
                assert "sslmode=verify-full&sslrootcert=/run/database-tls/server.crt" in value
        assert "database-tls:/run/database-tls:ro" in service["volumes"]
    assert "ports" not in compose["services"]["database"]
    entrypoint = text_of("deploy/postgres-entrypoint")
    assert "-c ssl=on" in entrypoint
    assert "subjectAltName=DNS:database" in entrypoint
    assert "hostssl" in text_of("deploy/postgres-init")


def test_compose_shares_the_databases_socket_with_the_backup_only(compose: dict[str, Any]) -> None:
    services = compose["services"]
    sharing = {
        name
        for name, service in services.items()
        if any(volume.startswith("database-socket:") for volume in service.get("volumes", ()))
    }
    assert sharing == {"database", "backup"}
    assert "--encoding=UTF8" in services["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    # Who reaches the socket must still know a password.
    assert (
        "--auth-local=scram-sha-256" in services["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    )


def test_compose_containers_have_few_powers(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        assert service["pids_limit"] > 0
        assert ("cap_add" in service) == (name == "database")
    # What is not of our image, which has a user of its own, names one.
    assert compose["services"]["proxy"]["user"] == "101:101"
    assert compose["services"]["mail"]["user"] != "root"


def test_compose_opens_the_proxy_only(compose: dict[str, Any]) -> None:
    opened = {name: s["ports"] for name, s in compose["services"].items() if "ports" in s}
    assert opened.pop("proxy") == ["80:80", "443:443"]
    assert all(port.startswith("127.0.0.1:") for ports in opened.values() for port in ports)
    assert compose["networks"]["inside"] == {"internal": True}
    assert compose["services"]["database"]["networks"] == ["inside"]
    assert compose["services"]["proxy"]["networks"] == ["outside"]


def test_compose_proxy_has_the_files_that_it_includes(compose: dict[str, Any]) -> None:
    mounts = dict(volume.split(":")[:2] for volume in compose["services"]["proxy"]["volumes"])
    there = set(mounts.values())
    for source in mounts:
        if source.startswith("./deploy"):
            assert (ROOT / source).is_file()
    named = re.findall(
        r"^\s*(?:include|root|ssl_certificate(?:_key)?) ([^;*]+);",
        text_of("deploy/nginx/nginx.conf") + text_of("deploy/nginx/site.conf"),
        re.MULTILINE,
    )
    assert len(named) > 8
    for path in named:
        assert any(path == target or path.startswith(f"{target}/") for target in there), path
    # What nginx writes lies where it may write.
    assert compose["services"]["proxy"]["tmpfs"] == ["/tmp", "/var/cache/nginx"]


def test_compose_mounts_files_that_exist_and_can_be_run(compose: dict[str, Any]) -> None:
    volumes = [v for s in compose["services"].values() for v in s.get("volumes", ())]
    for volume in volumes:
        source = volume.split(":")[0]
        if source in {"./tls", "./acme", "./backups"}:  # made by whoever installs the site
            assert f"/{source[2:]}/" in text_of(".gitignore").splitlines()
        elif source.startswith("./deploy/nginx/"):
            assert (ROOT / source).is_file()
        elif source.startswith("./"):
            assert os.access(ROOT / source, os.X_OK), source
        else:
            assert source in compose["volumes"]


def test_compose_commands_exist(compose: dict[str, Any]) -> None:
    entrypoint = text_of("deploy/entrypoint")
    acts = set(re.findall(r"^([a-z]+)\)$", entrypoint, re.MULTILINE))
    for name in SITE:
        assert compose["services"][name]["command"] == [name]
        assert name in acts
    for name in ("web", "worker"):
        program, script, act = compose["services"][name]["healthcheck"]["test"][1:]
        assert program == "python"
        assert f'"{act}": {act}' in text_of(script)
    scripts = entrypoint + text_of("deploy/build")
    commands = re.findall(r"python manage\.py ([a-z_]+)", scripts)
    assert set(commands) == {
        "migrate",
        "register",
        "worker",
        "backup",
        "translations",
        "collectstatic",
    }
    assert set(commands) <= set(get_commands())
    for module in re.findall(r"python -m ([a-z_.]+)", scripts):
        assert importlib.util.find_spec(module), module
    module, _, attribute = re.search(r"([a-z.]+):application", entrypoint)[0].partition(":")  # type: ignore[index]
    assert f"{attribute} = " in text_of(module.replace(".", "/") + ".py")


def test_compose_web_serves_as_make_run_does() -> None:
    from clicknconnect.runner import web_command

    entrypoint = text_of("deploy/entrypoint")
    options = [word for word in web_command(8000) if word.startswith("--")]
    assert [option for option in options if option not in entrypoint] == []


@pytest.mark.parametrize("name", ["entrypoint", "build", "postgres-entrypoint", "postgres-init"])
def test_deploy_scripts_are_well_formed(name: str) -> None:
    path = ROOT / "deploy" / name
    assert os.access(path, os.X_OK)
    shell = text_of(f"deploy/{name}").splitlines()[0].rpartition("/")[2].rpartition(" ")[2]
    answer = subprocess.run([shell, "-n", path], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_dockerfile_copies_what_is_let_through() -> None:
    dockerfile, ignored = text_of("Dockerfile"), text_of(".dockerignore").splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied: set[str] = set()
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        copied |= {source.rstrip("/") for source in line.split()[:-1]}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in allowed)
    assert ignored[1] == "*"
    assert not any(fnmatch(".env", name) or fnmatch(".data", name) for name in allowed)


def test_dockerfile_copies_every_part_of_the_site() -> None:
    dockerfile = text_of("Dockerfile")
    for folder in ("clicknconnect", "consent", "privacy", "templates", "static", "locale"):
        assert f"COPY {folder}/ {folder}/" in dockerfile
    assert "--require-hashes -r requirements.lock" in dockerfile
    assert re.search(r"^USER (?!root)\w+$", dockerfile, re.MULTILINE)
    assert "HEALTHCHECK" in dockerfile


def new_env() -> dict[str, str]:
    """What deploy/new_env.py prints, as an environment."""
    answer = subprocess.run(
        [sys.executable, "deploy/new_env.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in answer.stdout.splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def test_new_env_has_everything_and_never_twice_the_same() -> None:
    first, second = new_env(), new_env()
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text_of("docker-compose.yml")))
    assert required <= set(first) <= set(VARIABLE.findall(text_of("docker-compose.yml")))
    for name in SECRETS:
        assert first[name] != second[name]
        assert len(first[name]) > 40


def test_new_env_is_what_the_settings_ask_for() -> None:
    environment = new_env() | {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
        "DATABASE_URL": "postgresql://a:b@database/c?sslmode=verify-full&sslrootcert=/x.crt",
    }
    check = (
        "from django.conf import settings;"
        "assert settings.DATABASES['default']['OPTIONS']['sslrootcert'] == '/x.crt';"
        "assert not settings.DEMO"
    )
    run = subprocess.run(
        [sys.executable, "-c", check],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_new_env_writes_the_servers_files_once(tmp_path: Path) -> None:
    command = [sys.executable, "deploy/new_env.py", tmp_path]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 0
    site, owner = tmp_path / "site.env", tmp_path / "owner.env"
    held = site.read_text()
    assert {path.stat().st_mode & 0o777 for path in (site, owner)} == {0o600}
    again = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "was not written: File exists" in again.stderr
    assert site.read_text() == held
    # Web and worker never learn the owner's password.
    assert "owner" not in held
    lines = [line for line in (held + owner.read_text()).splitlines() if line and line[0] != "#"]
    environment = dict(line.split("=", 1) for line in lines)
    assert set(environment) <= settings_read()
    check = "from django.conf import settings; assert not settings.DEMO"
    run = subprocess.run(
        [sys.executable, "-c", check],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "clicknconnect.settings",
             **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
CONFINED = {
    "User=clicknconnect", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict",
    "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "RestrictNamespaces=yes",
    "SystemCallFilter=@system-service",
}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_is_confined_and_runs_what_exists(unit: Path) -> None:
    lines = unit.read_text("utf-8").splitlines()
    assert set(lines) >= CONFINED
    assert "StateDirectory=clicknconnect" in lines
    # Only what migrates or backs up knows the owner.
    owns = "EnvironmentFile=/etc/clicknconnect/owner.env" in lines
    assert owns == (unit.stem in {"clicknconnect-migrate", "clicknconnect-backup"})
    commands = re.findall(r"manage\.py ([a-z_]+)", "\n".join(lines))
    assert set(commands) <= set(get_commands())
    assert commands or "granian" in unit.read_text()


def test_unit_of_web_serves_as_the_container_does() -> None:
    unit = text_of("deploy/systemd/clicknconnect-web@.service")
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1]  # type: ignore[index]
    entrypoint = re.sub(r"\s*\\\n\s*", " ", text_of("deploy/entrypoint"))
    served = re.search(r"granian (.*)", entrypoint)[1]  # type: ignore[index]
    adapted = served.replace("0.0.0.0", "127.0.0.1").replace('"${PORT:-8000}"', "%i")
    assert command.endswith(adapted)
