"""The ways through the public pages and the account pages, as people walk them with the demo data."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pyotp
import requests
from playwright.sync_api import Page

from tests.browser.screenshot_world import ENROLLED_LATE, ENROLLED_ONCE, PASSWORD
from tests.browser.tours import Look, Tour, one_page

# Of RFC 7636 appendix B.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


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


def _fill_in(page: Page, password: str = "admin", account: str = "admin") -> None:
    tenant = page.locator("input[name=tenant]:not([type=hidden])")
    if tenant.count():
        tenant.fill("000000")
    page.locator("input[name=username]").fill(account)
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


def _forgotten_password(page: Page, _look: Look) -> Iterator[str]:
    """Of a tenant whose people choose between a code by SMS and one by mail."""
    page.goto("/account/forgotten/?tenant=000001")
    yield "forgotten-password"
    page.locator("a[href*='way=mail']").click()
    page.locator("input[name=account]").wait_for()
    yield "forgotten-password-by-mail"


def _second_factor(page: Page, look: Look) -> Iterator[str]:
    """Sets an authenticator app up, and is asked for it at the next sign-in."""
    account = ENROLLED_ONCE[look.language, look.size]
    _sign_in_at_demo(page, account)
    page.goto("/account/second-factor/")
    yield "second-factor"
    page.goto("/account/second-factor/passkey/")
    yield "passkey"
    page.goto("/account/second-factor/authenticator/")
    yield "authenticator"
    secret = pyotp.parse_uri(page.locator("a[href^=otpauth]").get_attribute("href") or "").secret
    page.locator("[name=code]").fill(pyotp.TOTP(secret).now())
    page.locator("main button.primary").click()
    page.locator(".codes").wait_for()
    yield "recovery-codes"
    page.goto("/account/password/")
    yield "change-password"
    page.context.clear_cookies()
    _sign_in_at_demo(page, account)
    yield "second-factor-asked"


def _enrolment(page: Page, look: Look) -> Iterator[str]:
    """Somebody who must have a second factor and has none. The tenant asks for one from then on."""
    _sign_in_at_demo(page, ENROLLED_LATE[look.language, look.size])
    yield "second-factor-required"


def _sign_in_at_demo(page: Page, account: str) -> None:
    page.goto("/account/login/?tenant=000001")
    _fill_in(page, PASSWORD, account)


PUBLIC_TOURS = (
    one_page("account", _signed_in("/account/")),
    one_page("sign-in", _open(_authorize())),
    one_page("sign-in-tenant-unknown", _open("/account/login/")),
    one_page("sign-in-refused", _wrong_password, refusals=(400,)),
    Tour(_forgotten_password),
    one_page("consent", _signed_in(_authorize())),
    one_page("choose-account", _signed_in(_authorize(prompt="select_account"))),
    one_page("sent-as-form", _form_post, has_scripts=False),
    one_page("error", _open(_authorize(client_id="nobody")), refusals=(400,)),
    one_page("device-code", _signed_in("/connect/device")),
    one_page("device-confirm", lambda page: _device(page, 1)),
    one_page("device-done", lambda page: _device(page, 2)),
    one_page("sign-out", _signed_in("/connect/endsession")),
    one_page("signed-out", _signed_out),
    one_page("sign-out-refused", _open("/connect/endsession?post_logout_redirect_uri=https://app.example/"), (400,)),
    Tour(_second_factor),
)
# After the console has been told to ask everyone of a tenant for a second factor.
LAST_TOURS = (Tour(_enrolment),)
