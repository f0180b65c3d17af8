"""Hufu and the oracle, each with clients and codes of its own that are alike, asked in the same way."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from django.contrib.auth.hashers import make_password
from django.test import Client as HttpClient

from accounts.hashers import GeneratedSecretHasher
from oauthx.claims import digest
from oauthx.models import AuthorizationCode, Client
from tests.contract.wire import CONNECT, FORM, Endpoint
from tests.contract.world import World

ROOT = Path(__file__).parent.parent.parent
SECRET = "correct horse battery staple"
SCOPES = ["profile", "email", "offline_access", "all"]
REDIRECT_URI = "https://app.example/callback"
CODE = ["authorization_code", "refresh_token"]
# By client id: the secret ("" for a public client) and the grant types. The toolkit's applications have one grant type;
# that of the code includes refreshing.
CLIENTS: Mapping[str, tuple[str, list[str]]] = {
    "portal": (SECRET, CODE),
    "other": (SECRET, CODE),
    "relaxed": (SECRET, CODE),  # it needs no PKCE
    "public": ("", CODE),
    "machine": (SECRET, ["client_credentials"]),
}


class Side(Protocol):
    """One of the two."""

    @property
    def endpoint(self) -> Endpoint:
        """Where and how it is asked."""

    @property
    def http(self) -> Any:
        """What `Wire.send` needs."""

    def keep_code(self, client_id: str, code: str, seconds: int, **fields: str) -> None:
        """Keep a code that is good for so long, as an authorization endpoint would have made it."""


@dataclass(frozen=True, slots=True)
class Hufu:
    """Our endpoint, in this process, on this test's tables."""

    world: World
    http: HttpClient
    endpoint: Endpoint = CONNECT

    def keep_code(self, client_id: str, code: str, seconds: int, **fields: str) -> None:
        AuthorizationCode.objects.create(
            code=digest(code),
            application=Client.objects.get(client_id=client_id),
            user=self.world.admin,
            tenant=self.world.tenant,
            expires=self.world.clock() + timedelta(seconds=seconds),
            auth_time=self.world.clock(),
            **fields,
        )


def make_hufu(world: World) -> Hufu:
    """Our side with all of CLIENTS."""
    for client_id, (secret, grant_types) in CLIENTS.items():
        Client.objects.create(
            client_id=client_id,
            client_secret=make_password(secret, hasher=GeneratedSecretHasher.algorithm) if secret else "",
            tenant=world.tenant,
            client_type="confidential" if secret else "public",
            dialects=["connect"],
            grant_types=grant_types,
            scopes=SCOPES,
            redirect_uris=REDIRECT_URI,
            requires_pkce=client_id != "relaxed",
        )
    return Hufu(world, HttpClient())


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    content: bytes


class Oracle:
    """The toolkit's stock view on its own tables, in another process (`tests/differential/oracle/`)."""

    endpoint = Endpoint("oracle", "/oracle/token", FORM, standard=True)

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.http = self

    def keep_code(self, client_id: str, code: str, seconds: int, **fields: str) -> None:
        self._ask("code", client_id=client_id, code=code, seconds=seconds, **fields)

    def generic(self, method: str, path: str, data: bytes, *, content_type: str, headers: Mapping[str, str]) -> _Answer:
        """What Django's test client has under this name."""
        body = data.decode("latin-1")
        told = self._ask("send", method=method, path=path, body=body, content_type=content_type, headers=dict(headers))
        return _Answer(told["status"], told["body"].encode())

    def _ask(self, action: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([action, arguments]), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextmanager
def running_oracle() -> Iterator[Oracle]:
    """The oracle with all of CLIENTS; it ends with the block."""
    command = [sys.executable, "-m", "tests.differential.oracle"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        oracle = Oracle(process)
        for client_id, (secret, grant_types) in CLIENTS.items():
            grant_type = grant_types[0].replace("_", "-")
            oracle._ask("client", client_id=client_id, secret=secret, grant_type=grant_type, redirect_uris=REDIRECT_URI)
        yield oracle
