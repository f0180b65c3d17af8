"""The programs of *How to call it*, run as they stand on the page: each language gets what it says it gets."""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as HttpClient

from oauthx.models import Client
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.factories import make_client, make_tenant, make_user

# They are programs of other languages: the database makes no difference to them.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

# Each of these has meant something else to some language.
SECRET = """a"b'c $HOME `d` \\u0041 & 密钥"""
FILLED = {"client-secret": SECRET, "account": "zhang", "password": "a good 'password'", "tenant": "acme"}


@pytest.fixture
def tenant() -> Tenant:
    ensure_keys()
    tenant = make_tenant("acme", "Acme")
    make_user(tenant, "zhang", FILLED["password"], real_name="张三")
    return tenant


@pytest.fixture
def console(tenant: Tenant) -> HttpClient:
    browser = HttpClient()
    browser.force_login(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    return browser


def programs(console: HttpClient, client: Client, way: str, base: str) -> list[dict[str, str]]:
    """The programs of each step, by language, with the page's own address in place of the test's host."""
    page = console.get(f"/admin/oauthx/client/{client.pk}/how-to-call/", {"way": way}).content.decode()
    found: dict[str, dict[str, str]] = {}
    for step, language, text in re.findall(r'<pre id="program-(\d+)-(\w+)"[^>]*>(.*?)</pre>', page, re.DOTALL):
        found.setdefault(step, {})[language] = html.unescape(text).replace("http://testserver", base)
    return list(found.values())


def fill(language: str, program: str, **more: str) -> str:
    """The program with real values in place of what begins with "your-", quoted as this language's people would."""
    for name, value in {**FILLED, **more}.items():
        if language == "curl":
            quoted = "'" + value.replace("'", "'\\''") + "'"
            program = program.replace(f"=your-{name}\n", f"={quoted}\n")
        else:
            program = program.replace(f'"your-{name}"', json.dumps(value, ensure_ascii=False))
    assert "your-" not in program, program
    return program


def run(language: str, program: str, folder: Path) -> Any:
    """What the program printed, without the status that some print before it."""
    name, command = {
        "curl": ("example.sh", ["sh"]),
        "python": ("example.py", [sys.executable]),
        "javascript": ("example.mjs", ["node"]),
        "java": ("Example.java", ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]),
    }[language]
    if shutil.which("curl" if language == "curl" else command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: this language is not run here")
    file = folder / name
    file.write_text(program, encoding="utf-8")
    done = subprocess.run([*command, str(file)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(re.sub(r"^\d{3} ", "", done.stdout.decode()))


EVERY_LANGUAGE = pytest.mark.parametrize("language", ["curl", "python", "java", "javascript"])


@EVERY_LANGUAGE
def test_a_shared_client_in_bladex_style(
    language: str, console: HttpClient, tenant: Tenant, live_server: Any, tmp_path: Path
) -> None:
    """MD5 password, Basic header, tenant header; and a client id that needs quoting."""
    client = make_client(
        "sw'o\"rd$", SECRET, serves=[tenant], dialects=["ams-auth"], grant_types=["password"], scopes=["all"]
    )
    ask, whose = programs(console, client, "ams-auth/password", live_server.url)
    answer = run(language, fill(language, ask[language]), tmp_path)
    assert answer["tenant_id"] == "acme"
    if language in {"curl", "javascript"}:
        token = {"access-token": answer["access_token"]}
        assert run(language, fill(language, whose[language], **token), tmp_path)["data"]["account"] == "zhang"


@EVERY_LANGUAGE
def test_a_service_at_connect(
    language: str, console: HttpClient, tenant: Tenant, live_server: Any, tmp_path: Path
) -> None:
    client = make_client(
        "service", SECRET, tenant=tenant, dialects=["connect"], grant_types=["client_credentials"], scopes=["all"]
    )
    [ask] = programs(console, client, "connect/client_credentials", live_server.url)
    assert run(language, fill(language, ask[language]), tmp_path)["scope"] == "all"
