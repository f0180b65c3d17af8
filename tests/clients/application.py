"""Runs an application of others as its own process. It must not know which library it is made with."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import wait_until_it_answers

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Registration:
    """All that an application is told: the provider's issuer, its own id and secret there, and the port to serve."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    port: int

    @property
    def origin(self) -> str:
        """Another site than the provider's 127.0.0.1, as cookies see it."""
        return f"http://localhost:{self.port}"


@contextmanager
def running(command: Sequence[str], registration: Registration, **more: str) -> Iterator[str]:
    """The application's origin. Nothing of this process's environment reaches it but where programs are."""
    told = {
        "PATH": os.environ["PATH"],
        "ISSUER": registration.issuer,
        "CLIENT_ID": registration.client_id,
        "CLIENT_SECRET": registration.client_secret,
        "PORT": str(registration.port),
        **more,
    }
    process = subprocess.Popen(command, cwd=ROOT, env=told)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{registration.port}/", process)
        yield registration.origin
    finally:
        process.terminate()
        process.wait(timeout=20)
