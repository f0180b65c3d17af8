"""What people do about their own account, in a real browser.

A password forgotten, by SMS and by mail, or changed; WeChat unbound and bound; a second factor.
"""

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pyotp
import pytest
from playwright.sync_api import Page, expect

from accounts.models import AuthenticatorApp, LoginEvent, SocialIdentity, User, WechatApp
from oauthx.signing import ensure_keys
from tenants.encryption import Secret
from tests import mailboxes
from tests.accounts.calling import LOOPBACK
from tests.accounts.factor_moves import code_of
from tests.browser.driver import BrowserThread, field
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_client, make_tenant, make_user
from tests.tokens import ask_connect
from tests.wechat_api import WechatPlayed, wechat_playing

PASSWORDS = OLD, NEW, THIRD, FOURTH = "a good password", "another good horse", "a third good stable", "a fourth cart"
PHONE = "+8613800138000"
WECHATS_PAGES = "https://open.weixin.qq.com/*"
CHINESE = {
    "Account": "账号",
    "Password": "密码",
    "Sign in": "登录",
    "Forgotten password": "忘记密码",
    "Phone": "手机",
    "Characters in the picture": "图中字符",
    "Send a code": "发送验证码",
    "Choose a new password": "设置新密码",
    "Code of the SMS": "短信验证码",
    "Send the code by mail instead": "改为通过邮件发送验证码",
    "Code of the mail": "邮件验证码",
    "New password": "新密码",
    "Password again": "再次输入密码",
    "Change the password": "修改密码",
    "Your new password is set. Sign in with it.": "新密码已设置，请用它登录。",
    "Your account": "我的账号",
    "Recent activity": "最近的活动",
    "wrong password": "密码错误",
    "Bound identities": "已绑定的身份",
    "WeChat": "微信",
    "Unbind": "解绑",
    "WeChat no longer signs you in with this app.": "已解绑，此微信应用不能再登录您的账号。",
    "Bind WeChat (Acme's site)": "绑定微信（Acme's site）",
    "WeChat signs you in from now on.": "从现在起，您可以用微信登录。",
    "Change your password": "修改密码",
    "Present password": "当前密码",
    "This is not your present password, or your account is locked.": "当前密码不正确，或账号已锁定。",
    "Your password is changed. You are signed out everywhere else.": "密码已修改。其他各处均已退出登录。",
    "Manage second factors": "管理双重验证",
    "Set up an authenticator app": "设置验证器应用",
    "Code": "验证码",
    "Continue": "继续",
    "I have kept them": "我已保存",
    "Sign out": "退出登录",
    "Second factor": "双重验证",
    "Remove": "移除",
    "It is removed.": "已移除。",
}

Printed = Callable[[str], str]


@pytest.fixture
def zhang(browser: BrowserThread) -> User:
    ensure_keys()
    ways = {"offers_password_reset": True, "offers_password_reset_by_mail": True}
    tenant = make_tenant("acme", "Acme 制造", **ways)
    zhang = make_user(tenant, "zhang", OLD, real_name="张三", phone=PHONE, email="zhang@acme.example")
    WechatApp.objects.create(tenant=tenant, name="门户公众号", app_id="wx1")
    SocialIdentity.objects.create(tenant=tenant, user=zhang, provider="wechat", app="wx1", openid="of zhang")
    site: dict[str, Any] = {"kind": "open_platform", "app_id": "wx-web", "secret": Secret.of("the-app-secret")}
    WechatApp.objects.create(tenant=tenant, name="Acme's site", binds_on_account_page=True, **site)
    make_client("portal", "secret", tenant=tenant, dialects=["connect"], grant_types=["password"], scopes=["profile"])
    assert not _signs_in("wrong")
    return zhang


@pytest.fixture
def printed(settings: Any, capsys: pytest.CaptureFixture[str]) -> Printed:
    """Reads the latest code that a development set-up printed, once there is a new one: of a "captcha", of an "sms"."""
    settings.HUFU_DEVELOPMENT = True
    settings.HUFU_SMS_DELIVERY = "accounts.sms_delivery.deliver"
    said: list[str] = []
    known: dict[str, int] = {}

    def read(kind: str) -> str:
        # A message goes out after the answer.
        for _time in range(500):
            said.append(capsys.readouterr().out)
            codes = re.findall(rf"^{kind} .*code=(\S+)", "".join(said), re.MULTILINE)
            if len(codes) > known.get(kind, 0):
                break
            time.sleep(0.02)
        known[kind] = len(codes)
        return str(codes[-1])

    return read


@pytest.fixture
def post(settings: Any) -> Iterator[mailboxes.Post]:
    settings.HUFU_MAIL_DELIVERY = "accounts.mail_delivery.deliver"
    with mailboxes.receiving() as post:
        mailboxes.use(settings, post.port)
        # Here nobody waits for a server that hangs, and this machine has a browser to serve too.
        settings.EMAIL_TIMEOUT = 10
        yield post


@pytest.fixture
def wechat(settings: Any) -> Iterator[WechatPlayed]:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with wechat_playing() as wechat:
        settings.WECHAT_API_URL = wechat.url
        wechat.apps["wx-web"] = "the-app-secret"
        yield wechat


def _signs_in(password: str) -> bool:
    answer = ask_connect("portal", "secret", grant_type="password", username="zhang", password=password)
    return bool(answer.status_code == 200)


def _fill(page: Page, say: Words, **texts: str) -> None:
    for label, text in texts.items():
        field(page, say(label.replace("_", " "))).fill(text)


def _give_password(page: Page, say: Words, password: str) -> None:
    _fill(page, say, Account="zhang", Password=password)
    page.get_by_role("button", name=say("Sign in")).click()


def _choose(page: Page, say: Words, password: str, **more: str) -> None:
    _fill(page, say, **more, New_password=password, Password_again=password)
    page.get_by_role("button", name=say("Change the password")).click()


def _forget(page: Page, say: Words, printed: Printed) -> None:
    """From the sign-in page by way of a picture and a message to a new password."""
    page.goto("/account/login/?next=/account/&tenant=acme")
    page.get_by_role("link", name=say("Forgotten password")).click()
    _fill(page, say, Phone="138 0013 8000", Characters_in_the_picture=printed("captcha"))
    page.get_by_role("button", name=say("Send a code")).click()
    expect(page.locator("h1")).to_have_text(say("Choose a new password"))
    _choose(page, say, NEW, Code_of_the_SMS=printed("sms"))
    expect(page.get_by_role("status")).to_have_text(say("Your new password is set. Sign in with it."))
    _give_password(page, say, NEW)
    expect(page.locator("h1")).to_have_text(say("Your account"))


def _look_and_unbind(page: Page, say: Words) -> None:
    expect(page.get_by_role("region", name=say("Recent activity"))).to_contain_text(say("wrong password"))
    identities = page.get_by_role("region", name=say("Bound identities"))
    expect(identities).to_contain_text(f"{say('WeChat')} · 门户公众号")
    identities.get_by_role("button", name=say("Unbind")).click()
    expect(page.get_by_role("status")).to_have_text(say("WeChat no longer signs you in with this app."))


def _bind(page: Page, say: Words, wechat: WechatPlayed) -> None:
    """Away to WeChat's page, and back from it."""
    _play_wechats_page(page, wechat)
    page.get_by_role("link", name=say("Bind WeChat (Acme's site)")).click()
    page.get_by_role("link", name="Allow").click()
    expect(page.get_by_role("status")).to_have_text(say("WeChat signs you in from now on."))
    expect(page.get_by_role("region", name=say("Bound identities"))).to_contain_text(f"{say('WeChat')} · Acme's site")


def _play_wechats_page(page: Page, wechat: WechatPlayed) -> None:
    """Show a page on which one allows it. Our server redirects there, and of that Playwright's routes see nothing."""
    session = page.context.new_cdp_session(page)

    def show(event: dict[str, Any]) -> None:
        asked = dict(parse_qsl(urlsplit(event["request"]["url"]).query))
        query = {"code": wechat.give_code(asked["appid"], "code-1", "openid-1"), "state": asked["state"]}
        back = escape(f"{asked['redirect_uri']}?{urlencode(query)}")
        body = b64encode(f'<!doctype html><link rel=icon href=data:,><a href="{back}">Allow</a>'.encode()).decode()
        answer = {"responseCode": 200, "responseHeaders": [{"name": "Content-Type", "value": "text/html"}]}
        session.send("Fetch.fulfillRequest", {"requestId": event["requestId"], "body": body, **answer})

    session.on("Fetch.requestPaused", show)
    session.send("Fetch.enable", {"patterns": [{"urlPattern": WECHATS_PAGES}]})


def _change(page: Page, say: Words) -> None:
    page.get_by_role("link", name=say("Change your password")).click()
    _choose(page, say, THIRD, Present_password=OLD)
    wrong = say("This is not your present password, or your account is locked.")
    expect(field(page, say("Present password"))).to_have_accessible_description(wrong)
    _choose(page, say, THIRD, Present_password=NEW)
    changed = say("Your password is changed. You are signed out everywhere else.")
    expect(page.get_by_role("status")).to_have_text(changed)


def _protect(page: Page, say: Words) -> None:
    """A second factor: set up, one of its recovery codes used at the next sign-in, and removed."""
    page.get_by_role("link", name=say("Manage second factors")).click()
    page.get_by_role("link", name=say("Set up an authenticator app")).click()
    secret = pyotp.parse_uri(page.locator("a[href^=otpauth]").get_attribute("href") or "").secret
    _fill(page, say, Code=code_of(secret))
    page.get_by_role("button", name=say("Continue")).click()
    recovery_code = page.locator(".codes li").first.inner_text()
    page.get_by_role("link", name=say("I have kept them")).click()
    page.goto("/account/")
    page.get_by_role("button", name=say("Sign out"), exact=True).click()
    page.goto("/account/login/?next=/account/&tenant=acme")
    _give_password(page, say, THIRD)
    expect(page.locator("h1")).to_have_text(say("Second factor"))
    _fill(page, say, Code=recovery_code)
    page.get_by_role("button", name=say("Continue")).click()
    page.get_by_role("link", name=say("Manage second factors")).click()
    page.get_by_role("link", name=say("Remove")).click()
    page.get_by_role("button", name=say("Remove")).click()
    expect(page.get_by_role("status")).to_have_text(say("It is removed."))


def _forget_again(page: Page, say: Words, printed: Printed, post: mailboxes.Post) -> None:
    """This time a mail brings the code."""
    page.goto("/account/")
    page.get_by_role("button", name=say("Sign out"), exact=True).click()
    page.goto("/account/login/?next=/account/&tenant=acme")
    page.get_by_role("link", name=say("Forgotten password")).click()
    page.get_by_role("link", name=say("Send the code by mail instead")).click()
    _fill(page, say, Account="zhang", Characters_in_the_picture=printed("captcha"))
    page.get_by_role("button", name=say("Send a code")).click()
    expect(page.locator("h1")).to_have_text(say("Choose a new password"))
    for _time in range(500):
        # It goes out after the answer.
        if post.mails:
            break
        page.wait_for_timeout(20)
    _choose(page, say, FOURTH, Code_of_the_mail=mailboxes.code_of(post))
    expect(page.get_by_role("status")).to_have_text(say("Your new password is set. Sign in with it."))
    _give_password(page, say, FOURTH)
    expect(page.locator("h1")).to_have_text(say("Your account"))


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_a_person_keeps_his_account_in_order(
    browser: BrowserThread,
    zhang: User,
    printed: Printed,
    post: mailboxes.Post,
    wechat: WechatPlayed,
    locale: str,
    viewport: Any,
) -> None:
    say = Words(locale, CHINESE)

    def scenario(page: Page) -> None:
        _forget(page, say, printed)
        _look_and_unbind(page, say)
        _bind(page, say, wechat)
        _change(page, say)
        _protect(page, say)
        _forget_again(page, say, printed, post)

    browser.run(scenario, locale=locale, viewport=viewport, refusals={400})
    assert [_signs_in(password) for password in PASSWORDS] == [False, False, False, True]
    bound = SocialIdentity.objects.get()
    assert (bound.user, bound.app, bound.openid) == (zhang, "wx-web", "openid-1")
    assert not AuthenticatorApp.objects.exists()
    told = LoginEvent.objects.filter(outcome="allowed").exclude(kind__in=["login", "logout", "token"])
    # Each page that changes how one signs in has asked for the password, which tells of itself.
    kinds = list(told.exclude(reason="password").order_by("pk").values_list("kind", flat=True))
    changed = "password_changed"
    assert kinds == [
        *("sms_request", "sms_sent", changed, "unbind", "bind", changed),
        *("factor_added", "factor_used", "factor_removed", "mail_request", "mail_sent", changed),
    ]
    assert told.get(kind="factor_used", reason="recovery_code").account == "zhang"
