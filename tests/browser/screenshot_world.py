"""The installation that pictures are taken of: demo data, a crowd, people with names, and what their apps did today."""

import csv
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.browser.tours import PUBLIC_LOOKS
from tests.processes import wait_until_it_answers
from tests.servers import free_port

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "tiger-tally-2026"
_ONCE = (("zhangwei", "张伟"), ("lina", "李娜"), ("wangfang", "王芳"), ("liuyang", "刘洋"))
_LATE = (("chenjing", "陈静"), ("zhaolei", "赵磊"), ("sunli", "孙丽"), ("zhouqiang", "周强"))
# Who sets a second factor up, and who is made to: one person for each look, since it can be done once.
_KEYS = [(look.language, look.size) for look in PUBLIC_LOOKS]
ENROLLED_ONCE = dict(zip(_KEYS, (account for account, _name in _ONCE), strict=True))
ENROLLED_LATE = dict(zip(_KEYS, (account for account, _name in _LATE), strict=True))
_DEPTS = (
    *(("研发中心", "演示公司"), ("平台研发部", "研发中心"), ("应用研发部", "研发中心"), ("质量部", "研发中心")),
    *(("营销中心", "演示公司"), ("华东区", "营销中心"), ("华南区", "营销中心"), ("行政人事部", "演示公司")),
)
_CROWD = ("--tenants", "12", "--users", "1500", "--events", "40000")
_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "okhttp/4.12.0",
)


@contextmanager
def an_installation() -> Iterator[str]:
    """The base URL of a fresh installation. By name, since an address has no passkeys."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hufu-screenshots-") as directory:
        environment = {
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
        }
        environment |= {"ENVIRONMENT": "development", "VAR_DIR": directory, "PORT": str(port), "LOG_LEVEL": "ERROR"}
        _prepare(Path(directory), environment)
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL
        )
        try:
            base = f"http://localhost:{port}"
            wait_until_it_answers(f"{base}/healthz", process)
            _work_with_apps(base)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=20)


def _prepare(directory: Path, environment: dict[str, str]) -> None:
    digest = hashlib.sha1(hashlib.md5(PASSWORD.encode()).hexdigest().encode()).hexdigest()  # noqa: S324 - as BladeX
    people = [[account, name, digest, "2026-11-01 09:00:00"] for account, name in _ONCE + _LATE]
    _write(directory / "people.csv", [["account", "real_name", "password", "password_updated_at"], *people])
    _write(directory / "depts.csv", [["name", "parent"], *_DEPTS])
    for command in (
        ("migrate", "--verbosity", "0"),
        ("demo_data", *_CROWD),
        ("import_people", str(directory / "people.csv"), "--tenant", "000001"),
        ("import_people", str(directory / "depts.csv"), "--tenant", "000001", "--kind", "depts"),
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=PROJECT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _write(path: Path, rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _work_with_apps(base: str) -> None:
    """People sign in through apps, so that there are sessions; one mistypes his password, one is locked."""
    people = [account for account, _name in _ONCE + _LATE]
    for number, account in enumerate([*people, *["guest"] * 6, "zhangwei"]):
        password = PASSWORD if number < len(people) else "mistyped"
        answer = requests.post(
            f"{base}/kom-ams-auth/oauth/token",
            auth=("sword", "sword_secret"),
            headers={"tenantId": "000001", "User-Agent": _AGENTS[number % len(_AGENTS)]},
            json={
                "grant_type": "password",
                "scope": "all",
                "type": "account",
                "username": account,
                "password": hashlib.md5(password.encode()).hexdigest(),  # noqa: S324 - as the document has it
            },
            timeout=30,
        )
        assert answer.status_code == (200 if number < len(people) else 400), answer.text
