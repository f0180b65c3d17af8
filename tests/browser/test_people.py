"""A help desk and a tenant's administrator at work on people, in a real browser."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import BrowserSession, Dept, Lockout, LoginEvent, User
from oauthx.signing import ensure_keys
from tests.browser.driver import BrowserThread, barriers, press, sign_in
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.tokens import ask_connect

PASSWORD, OLD, OWN = "a good password", "old password 1", "own password 2"
CHINESE = {
    "locked until": "锁定至",
    "disabled": "已停用",
    "in use": "使用中",
    "must change the password": "须修改密码",
    "Actions": "操作",
    "As a tree": "树形显示",
    "As a list": "列表显示",
    "Departments": "部门",
    "Unlock": "解锁",
    "Sign out everywhere": "强制退出所有登录",
    "Disable": "停用",
    "Enable": "启用",
    "Reset password": "重置密码",
    "Reset the password": "重置密码",
    "I have copied it": "我已复制",
    "Account": "账号",
    "Password": "密码",
    "Sign in": "登录",
    "Choose a new password": "设置新密码",
    "New password": "新密码",
    "Password again": "再次输入密码",
    "Continue": "继续",
    "The two passwords differ.": "两次输入的密码不一致。",
    "Your account": "我的账号",
}


@dataclass(frozen=True)
class Desk:
    """Whom the help desk helps: locked, and signed in in a browser."""

    worker: User
    session: BrowserSession


@pytest.fixture
def desk(browser: BrowserThread) -> Desk:
    ensure_keys()
    acme = make_tenant("acme", "Acme 制造")
    rights = ("view", "reset_password", "unlock", "sign_out", "disable")
    make_administrator(acme, "desk", password=PASSWORD, permissions=[f"accounts.{right}_user" for right in rights])
    worker = make_user(acme, "worker", OLD, real_name="张三丰", phone="+8613800138000", email="worker@acme.example")
    make_user(acme, "other", None, real_name="李四")
    make_client("portal", "secret", tenant=acme, dialects=["connect"], grant_types=["password"], scopes=["profile"])
    now = timezone.now()
    Lockout.objects.create(
        tenant=acme, account="worker", failures=5, failed_at=now, locked_until=now + timedelta(hours=1)
    )
    session = BrowserSession.objects.create(user=worker, auth_time=now, expires_at=now + timedelta(hours=1))
    return Desk(worker, session)


def _find(page: Page, text: str) -> None:
    page.goto("/admin/accounts/user/")
    page.get_by_role("searchbox").or_(page.locator("#searchbar")).first.fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("worker")


def _press(page: Page, say: Words, button: str, title: str = "") -> None:
    """Press a button of the person's page, and say yes to the question that names him."""
    press(page, say(button), say("Actions"))
    expect(page.locator("#content-main h2")).to_have_text(say(title or button))
    expect(page.locator("section[aria-labelledby=whom]")).to_contain_text("张三丰")
    with page.expect_navigation():
        page.locator("#content-main").get_by_role("button", name=say(title or button), exact=True).click()


def _signs_in(password: str) -> bool:
    answer = ask_connect("portal", "secret", grant_type="password", username="worker", password=password)
    return bool(answer.status_code == 200)


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_a_help_desk_helps_somebody_who_then_chooses_his_own_password(
    browser: BrowserThread, desk: Desk, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)

    def helps(page: Page) -> str:
        sign_in(page, "acme", "desk", PASSWORD)
        page.wait_for_url("**/admin/")
        for text in ("worker", "三丰", "13800138000", "worker@acme.example"):
            _find(page, text)
        page.locator("#result_list").get_by_role("link", name="worker").click()
        marks = page.locator(".marks")
        expect(marks).to_contain_text(say("locked until"))
        _press(page, say, "Unlock")
        expect(marks).not_to_contain_text(say("locked until"))
        _press(page, say, "Sign out everywhere")
        _press(page, say, "Disable")
        expect(marks).to_contain_text(say("disabled"))
        _press(page, say, "Enable")
        expect(marks).to_contain_text(say("in use"))
        _press(page, say, "Reset password", "Reset the password")
        password = page.get_by_label("worker").input_value()
        assert not barriers(page)
        page.get_by_role("link", name=say("I have copied it")).click()
        assert password not in page.content()
        expect(marks).to_contain_text(say("must change the password"))
        return password

    password = browser.run(helps, locale=locale, viewport=viewport)
    told = LoginEvent.objects.filter(actor="desk", account="worker").order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["unlock", "logout", "disabled", "enabled", "password_reset"]
    assert not Lockout.objects.exists()
    desk.session.refresh_from_db()
    assert desk.session.ended_at is not None

    def chooses(page: Page) -> None:
        page.goto("/account/login/?next=/account/&tenant=acme")
        page.get_by_label(say("Account")).fill("worker")
        page.get_by_label(say("Password")).fill(password)
        page.get_by_role("button", name=say("Sign in")).click()
        expect(page.locator("h1")).to_have_text(say("Choose a new password"))
        for new, again in ((OWN, "something else"), (OWN, OWN)):
            page.get_by_label(say("New password"), exact=True).fill(new)
            page.get_by_label(say("Password again")).fill(again)
            page.get_by_role("button", name=say("Continue")).click()
            if new != again:
                expect(page.get_by_label(say("Password again"))).to_have_accessible_description(
                    say("The two passwords differ.")
                )
        expect(page.locator("h1")).to_have_text(say("Your account"))

    browser.run(chooses, locale=locale, viewport=viewport, refusals={400})
    assert [_signs_in(one) for one in (OLD, password, OWN)] == [False, False, True]


@pytest.mark.parametrize(("locale", "drags"), [("zh-CN", True), ("en-US", False)], ids=["mouse", "keyboard"])
def test_departments_are_rearranged(browser: BrowserThread, locale: str, drags: bool) -> None:
    say = Words(locale, CHINESE)
    acme = make_tenant("acme", "Acme 制造")
    make_administrator(acme, "boss", password=PASSWORD)
    head, sales, team = (Dept.objects.create(tenant=acme, name=name) for name in ("总部", "销售", "小组"))

    def by_keyboard(page: Page) -> None:
        page.locator(f"button[value='indent:{sales.pk}']").focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#dept-{head.pk} #dept-{sales.pk}")).to_be_visible()
        page.locator(f"#dept-{team.pk} a.elsewhere").press("Enter")
        page.locator(f"button[value='under:{team.pk}:{sales.pk}']").press("Enter")
        expect(page.locator(f"#dept-{sales.pk} #dept-{team.pk}")).to_be_visible()

    def by_dragging(page: Page) -> None:
        page.drag_and_drop(f"#dept-{sales.pk} > .row", f"#dept-{head.pk} > .row")
        expect(page.locator(f"#dept-{head.pk} #dept-{sales.pk}")).to_be_visible()
        page.drag_and_drop(f"#dept-{team.pk} > .row", f"#dept-{sales.pk} > .row")
        expect(page.locator(f"#dept-{sales.pk} #dept-{team.pk}")).to_be_visible()

    def scenario(page: Page) -> None:
        sign_in(page, "acme", "boss", PASSWORD)
        page.locator("#nav-sidebar-apps a", has_text=say("Departments")).click()
        page.get_by_role("link", name=say("As a list")).click()
        expect(page.locator("#nav-sidebar-apps a.active")).to_have_text(re.compile(say("Departments")))
        press(page, say("As a tree"), say("Actions"))
        (by_dragging if drags else by_keyboard)(page)

    browser.run(scenario, locale=locale)
    assert list(Dept.objects.order_by("pk").values_list("parent", flat=True)) == [None, head.pk, sales.pk]
