"""Takes a picture of every public page, in both languages, wide and narrow, into docs/img/pages. `make screenshots`.

It starts Hufu with its demo data on a free port, and walks through the pages as a person does.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import requests
from playwright.sync_api import Page, ViewportSize

from tests.browser.driver import BrowserThread
from tests.processes import wait_until_it_answers
from tests.servers import free_port

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docs" / "img" / "pages"
# Of RFC 7636 appendix B.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
LANGUAGES = {"zh": "zh-CN", "en": "en-US"}
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1200, "height": 800}, "narrow": {"width": 390, "height": 780}}


@dataclass(frozen=True, slots=True)
class Scene:
    """A page: how to come there. `refusals` are the statuses that it means to meet."""

    name: str
    walk: Callable[[Page], None]
    refusals: tuple[int, ...] = ()
    has_scripts: bool = True


def _authorize(**changes: str) -> str:
    wanted = {
        "client_id": "client1",
        "redirect_uri": "http://127.0.0.1/callback",
        "response_type": "code",
        "scope": "openid profile email",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return f"/connect/authorize?{urlencode(wanted)}"


def _fill_in(page: Page, password: str = "admin") -> None:
    tenant = page.locator("input[name=tenant]:not([type=hidden])")
    if tenant.count():
        tenant.fill("000000")
    page.locator("input[name=username]").fill("admin")
    page.locator("input[name=password]").fill(password)
    page.locator("main form button.primary").click()
    page.wait_for_load_state()


def _open(address: str) -> Callable[[Page], None]:
    def walk(page: Page) -> None:
        page.goto(address)

    return walk


def _signed_in(address: str) -> Callable[[Page], None]:
    """Sign in on the way to this address."""

    def walk(page: Page) -> None:
        page.goto("/account/login/?tenant=000000")
        _fill_in(page)
        page.goto(address)

    return walk


def _wrong_password(page: Page) -> None:
    page.goto(_authorize())
    _fill_in(page, "no such password")


def _form_post(page: Page) -> None:
    """What takes the answer on, which a browser with scripts leaves at once."""
    _signed_in(_authorize(response_mode="form_post"))(page)
    if page.locator("button[name=allow]").count():
        page.locator("button[name=allow]").click()
        page.wait_for_load_state()


def _signed_out(page: Page) -> None:
    _signed_in("/connect/endsession")(page)
    page.locator("main form button.primary").click()
    page.wait_for_load_state()


def _device(page: Page, steps: int) -> None:
    """The confirmation of a new device's code, and with a second step what follows it."""
    _signed_in("/connect/device")(page)
    answer = requests.post(
        f"{page.evaluate('location.origin')}/connect/deviceauthorization",
        {"client_id": "client1", "client_secret": "secret", "scope": "openid profile"},
        timeout=10,
    ).json()
    page.goto(answer["verification_uri_complete"])
    submit = page.locator("main form button.primary")
    if page.locator("button[name=allow]").count() == 0:
        submit.click()
        page.wait_for_load_state()
    if steps > 1:
        page.locator("button[name=allow]").click()
        page.wait_for_load_state()


SCENES = (
    # First, while there are few sessions to show.
    Scene("account", _signed_in("/account/")),
    Scene("sign-in", _open(_authorize())),
    Scene("sign-in-tenant-unknown", _open("/account/login/")),
    Scene("sign-in-refused", _wrong_password, refusals=(400,)),
    Scene("consent", _signed_in(_authorize())),
    Scene("choose-account", _signed_in(_authorize(prompt="select_account"))),
    Scene("sent-as-form", _form_post, has_scripts=False),
    Scene("error", _open(_authorize(client_id="nobody")), refusals=(400,)),
    Scene("device-code", _signed_in("/connect/device")),
    Scene("device-confirm", lambda page: _device(page, 1)),
    Scene("device-done", lambda page: _device(page, 2)),
    Scene("sign-out", _signed_in("/connect/endsession")),
    Scene("signed-out", _signed_out),
    Scene("sign-out-refused", _open("/connect/endsession?post_logout_redirect_uri=https://app.example/"), (400,)),
)


@contextmanager
def _hufu() -> Iterator[str]:
    """The base URL of a fresh installation with demo data."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hufu-screenshots-") as directory:
        environment = {
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
        }
        environment |= {"ENVIRONMENT": "development", "VAR_DIR": directory, "PORT": str(port), "LOG_LEVEL": "ERROR"}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL
        )
        try:
            base = f"http://127.0.0.1:{port}"
            wait_until_it_answers(f"{base}/healthz", process)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=20)


def _take(browser: BrowserThread, scene: Scene, language: str, size: str) -> Path:
    path = FOLDER / f"{scene.name}.{language}.{size}.png"

    def scenario(page: Page) -> None:
        scene.walk(page)
        page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")

    browser.run(
        scenario, locale=LANGUAGES[language], viewport=SIZES[size], refusals=scene.refusals, scripts=scene.has_scripts
    )
    return path


def main() -> None:
    """Take all pictures; pages that are no more lose theirs."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken = set()
    shots = [(scene, language, size) for scene in SCENES for language in LANGUAGES for size in SIZES]
    with _hufu() as base:
        browser = BrowserThread(base)
        try:
            for number, (scene, language, size) in enumerate(shots, start=1):
                taken.add(_take(browser, scene, language, size))
                sys.stdout.write(f"\r{number}/{len(shots)} {scene.name:<30}")
                sys.stdout.flush()
        finally:
            browser.close()
    for path in set(FOLDER.glob("*.png")) - taken:
        path.unlink()
    sys.stdout.write(f"\n{len(taken)} pictures in {FOLDER.relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
