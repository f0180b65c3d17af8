"""Starts the real servers that tests need, each empty and on a free port. It must not know pytest or Django.

Every server stands under a small shell that waits for the end of a pipe which only this process holds open. So when
this process ends, however it ends, the server ends too and its files go.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

_START_SECONDS = 60
_STOP_SECONDS = 30

# Arguments: the signal that stops the server at once, its directory, then its command.
_SUPERVISOR = """
signal=$1; directory=$2; shift 2
exec 3<&0
"$@" </dev/null &
server=$!
{ cat <&3 >/dev/null; kill -s "$signal" "$server" 2>/dev/null; } &
wait "$server"; status=$?
exec 3<&-
cd / && rm -rf "$directory"
exit "$status"
"""

_APACHE = """
ServerRoot "{directory}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile pid
ErrorLog log
Define MODULES /usr/lib/apache2/modules
LoadModule mpm_event_module ${{MODULES}}/mod_mpm_event.so
LoadModule authn_core_module ${{MODULES}}/mod_authn_core.so
LoadModule authz_core_module ${{MODULES}}/mod_authz_core.so
LoadModule authz_user_module ${{MODULES}}/mod_authz_user.so
LoadModule dir_module ${{MODULES}}/mod_dir.so
LoadModule include_module ${{MODULES}}/mod_include.so
LoadModule mime_module ${{MODULES}}/mod_mime.so
ServerLimit 1
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 25
DocumentRoot "{directory}/pages"
DirectoryIndex index.shtml
TypesConfig /dev/null
AddType text/html .shtml .html
AddOutputFilter INCLUDES .shtml
AddDefaultCharset utf-8
<Directory />
    Options +Includes
</Directory>
{more}
"""


class ServerError(Exception):
    """A server is not installed or did not start; the message says what to do or shows its log."""


@contextmanager
def postgresql(*, fsync: bool = False) -> Iterator[str]:
    """The URL of a new PostgreSQL cluster whose superuser is `postgres`, without a password.

    Args:
        fsync: whether it survives a power cut, like a real one. Only tests of durability need that.

    Raises:
        ServerError: it is not installed, or did not start.
    """
    programs = _postgresql_programs()
    account = _unprivileged_account()
    with _directory("hufu-postgresql-", account) as directory:
        port = free_port()
        data = directory / "data"
        _run(
            [
                *(f"{programs}/initdb", "--pgdata", str(data), "--username", "postgres", "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            directory,
            account,
        )
        # Room for the processes and threads of the tests that do many things at once.
        options = {"fsync": "on" if fsync else "off", "listen_addresses": "127.0.0.1", "max_connections": "200"}
        if not fsync:
            # Tests undo most of what they write. Statistics gathered between two of them tell of tables without a row,
            # and the plans made of those take minutes for what takes a second.
            options |= {"full_page_writes": "off", "autovacuum": "off"}
        command = [f"{programs}/postgres", "-D", str(data), "-p", str(port), "-k", str(directory)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        with _supervised(command, "QUIT", directory, account) as process:
            _wait_until_ready(lambda: psycopg.connect(url, connect_timeout=5).close(), process, directory)
            yield url


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a new Redis that keeps nothing on disk. Append `/N` for one of its 16 databases.

    Raises:
        ServerError: it is not installed, or did not start.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise ServerError("redis-server is not installed (Debian: apt-get install redis-server).")
    with _directory("hufu-redis-", None) as directory:
        port = free_port()
        command = [
            *(program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)),
            *("--save", "", "--appendonly", "no", "--databases", "16"),
        ]
        url = f"redis://127.0.0.1:{port}"
        with _supervised(command, "TERM", directory, None) as process:
            _wait_until_ready(lambda: _ping(url), process, directory)
            yield url


@contextmanager
def apache(configuration: str, pages: Mapping[str, str], port: int) -> Iterator[None]:
    """An Apache at this port of 127.0.0.1 that serves these pages (by file name), configured with these lines too.

    A line may load a module of `${MODULES}`.

    Raises:
        ServerError: it is not installed, or did not start.
    """
    program = shutil.which("apache2") or "/usr/sbin/apache2"
    if not Path(program).exists():
        raise ServerError("Apache is not installed (Debian: apt-get install apache2-bin).")
    account = _unprivileged_account()
    with _directory("hufu-apache-", account) as directory:
        (directory / "pages").mkdir()
        _hand_over(directory / "pages", account)
        for name, text in pages.items():
            (directory / "pages" / name).write_text(text)
        (directory / "apache.conf").write_text(_APACHE.format(directory=directory, port=port, more=configuration))
        command = [program, "-D", "FOREGROUND", "-f", str(directory / "apache.conf")]
        with _supervised(command, "TERM", directory, account) as process:
            _wait_until_ready(lambda: socket.create_connection(("127.0.0.1", port)).close(), process, directory)
            yield


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _postgresql_programs() -> Path:
    """Where initdb and postgres are: on the PATH, or the newest that Debian keeps off it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    kept = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not kept:
        raise ServerError("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    return max(kept, key=lambda path: int(path.parent.name))


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as when we are root, which it refuses; None when we are not."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name: account for account in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


@contextmanager
def _directory(prefix: str, account: pwd.struct_passwd | None) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix=prefix))
    _hand_over(directory, account)
    try:
        yield directory
    finally:
        # The supervisor did it already, unless the server never came that far.
        shutil.rmtree(directory, ignore_errors=True)


def _hand_over(path: Path, account: pwd.struct_passwd | None) -> None:
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)


def _identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments of Popen that make a process run as this account."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(command: list[str], directory: Path, account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, **_identity(account))
    if done.returncode != 0:
        raise ServerError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _supervised(
    command: list[str], stop: str, directory: Path, account: pwd.struct_passwd | None
) -> Iterator["subprocess.Popen[bytes]"]:
    with (directory / "log").open("ab") as log:
        _hand_over(directory / "log", account)
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SUPERVISOR, "sh", stop, str(directory), *command],
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal is for us; the server goes when we are done with it.
            start_new_session=True,
            **_identity(account),
        )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=_STOP_SECONDS)


def _wait_until_ready(probe: Callable[[], None], process: "subprocess.Popen[bytes]", directory: Path) -> None:
    log = (directory / "log").open(errors="replace")
    deadline = time.monotonic() + _START_SECONDS
    with log:
        while True:
            try:
                return probe()
            except (psycopg.OperationalError, redis.ConnectionError, ConnectionError) as error:
                # Its directory is gone by then, but the log is still open here.
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ServerError(f"The server did not start: {error}\n{log.read()}") from error
            time.sleep(0.05)


def _ping(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.ping()
