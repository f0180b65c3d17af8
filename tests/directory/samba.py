"""Starts real Active Directory domain controllers (Samba's) on loopback addresses of their own. It knows no test.

A domain is provisioned once a run and copied for each controller. A controller's ports cannot be chosen, so each has
its own address of 127.0.0.0/8; it stops when the pipe to it closes, so also when the process that started it dies.
"""

import fcntl
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.directory import people
from tests.directory.certificates import Authority
from tests.servers import ServerError

PORTS = (389, 636)
_START_SECONDS = 60
_PACKAGES = "samba samba-ad-provision samba-dsdb-modules ldb-tools"
# Only the system's own Python has Samba's modules. The step that is left out wants file ACLs, which sandboxes lack.
_PROVISION = """
import sys
import samba.provision
samba.provision.setsysvolacl = lambda *args, **kwargs: None
from samba.netcmd.main import cmd_sambatool
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]) or 0)
"""
_CONFIGURATION = """
[global]
netbios name = {name}
realm = {realm}
workgroup = {domain}
server role = active directory domain controller
server services = ldap
interfaces = {address}/8
bind interfaces only = yes
private dir = {directory}/private
state directory = {directory}/state
cache directory = {directory}/cache
lock directory = {directory}/lock
pid directory = {directory}/pid
ncalrpc dir = {directory}/ncalrpc
binddns dir = {directory}/bind-dns
ntp signd socket directory = {directory}/ntp
winbindd socket directory = {directory}/winbindd
log file = {directory}/log.samba
tls enabled = yes
tls keyfile = {directory}/tls/key.pem
tls certfile = {directory}/tls/cert.pem
tls cafile = {directory}/tls/ca.pem
"""


@dataclass(frozen=True, slots=True)
class Controller:
    """A domain controller that runs; `authority` signed its certificate."""

    address: str
    authority: Authority

    @property
    def url(self) -> str:
        return f"ldaps://{self.address}"

    @property
    def starttls_url(self) -> str:
        return f"ldap://{self.address}"


def free_address() -> str:
    """A loopback address whose LDAP ports nobody listens on at this moment.

    Raises:
        ServerError: none was found.
    """
    for _attempt in range(50):
        address = f"127.{random.randint(10, 250)}.{random.randint(0, 250)}.{random.randint(1, 250)}"
        # By connecting: this account may not bind these ports itself, where Samba may.
        if not any(_listens(address, port) for port in PORTS):
            return address
    raise ServerError("No loopback address has the ports 389 and 636 free.")


def _listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


@contextmanager
def running(authority: Authority, *, address: str = "", certificate_for: str = "") -> Iterator[Controller]:
    """A new controller of the tests' domain; with `certificate_for`, its certificate is for that address instead.

    Raises:
        ServerError: Samba is not installed, or did not start.
    """
    address = address or free_address()
    with tempfile.TemporaryDirectory(prefix="hufu-samba-", ignore_cleanup_errors=True) as folder:
        directory = Path(folder)
        shutil.copytree(_provisioned(), directory, dirs_exist_ok=True)
        authority.issue(directory / "tls", address=certificate_for or address, name=f"dc1.{people.SUFFIX}")
        _write_configuration(directory, address)
        command = [
            *("samba", "-i", "--no-process-group", "-M", "single", "--maximum-runtime=3600"),
            *("-l", str(directory), "-s", str(directory / "smb.conf")),
        ]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            _wait_until_it_listens(address, process, directory / "log")
            yield Controller(address, authority)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def _wait_until_it_listens(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((address, 636), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(
                    "Samba did not start. It listens on the ports 389 and 636, as root or with CAP_NET_BIND_SERVICE:\n"
                    + log.read_text(errors="replace")
                ) from None
            time.sleep(0.05)
        else:
            return


def _provisioned() -> Path:
    """The folder of the domain, made once a run: the first process makes it, the others wait for it and share it."""
    place = Path(os.environ["VAR_DIR"]) / "samba"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        domain = place / "domain"
        if not domain.exists():
            half = place / "half-made"
            shutil.rmtree(half, ignore_errors=True)
            _provision(half)
            half.rename(domain)
        return domain


def _provision(directory: Path) -> None:
    if shutil.which("samba") is None or shutil.which("ldbadd") is None:
        raise ServerError(f"Samba is not installed (Debian: apt-get install --no-install-recommends {_PACKAGES}).")
    directory.mkdir()
    configuration = directory / "provision.conf"
    configuration.touch()
    _run(
        *("/usr/bin/python3", "-c", _PROVISION, "domain", "provision", "-q"),
        *(f"--configfile={configuration}", f"--targetdir={directory}"),
        *(f"--realm={people.REALM}", f"--domain={people.DOMAIN}", "--server-role=dc", "--dns-backend=NONE"),
        *("--host-name=dc1", "--host-ip=127.0.0.1", f"--adminpass={people.ADMINISTRATOR_PASSWORD}"),
    )
    database = str(directory / "private" / "sam.ldb")
    _run("ldbmodify", "-H", database, text=people.policy_ldif())
    _run("ldbadd", "-H", database, text=people.ldif())
    # Samba's own control to set what only the server may set (DSDB_CONTROL_FORCE_... of its source).
    _run("ldbmodify", "-H", database, "--controls=local_oid:1.3.6.1.4.1.7165.4.3.12:0", text=people.aged_ldif())


def _write_configuration(directory: Path, address: str) -> None:
    for name in ("cache", "lock", "pid", "ncalrpc", "ntp", "winbindd"):
        (directory / name).mkdir(exist_ok=True)
    (directory / "ntp").chmod(0o750)
    text = _CONFIGURATION.format(
        name="DC1", realm=people.REALM, domain=people.DOMAIN, address=address, directory=directory
    )
    (directory / "smb.conf").write_text(text)


def _run(*command: str, text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServerError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
