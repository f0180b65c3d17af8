"""A platform administrator at work, in a real browser: from the dashboard's numbers to a person whom he lets in.

He makes a tenant, chooses another, and in it makes a role and a person; what he did then stands in the changes.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Lockout, LoginEvent, Role, User
from accounts.ready_made_roles import READY_MADE
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.driver import BrowserThread, choose, field, overflow, save, sign_in
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_client, make_tenant, make_user
from tests.tokens import ask_connect

PASSWORD = "a good password"
CHINESE = {
    "Code": "代码",
    "Name": "名称",
    "Code, name or domain of a tenant": "租户的代码、名称或域名",
    "Needs attention": "需要关注",
    "Sign-ins": "登录情况",
    "Numbers": "数字",
    "Online now": "当前在线",
    "Refusals by reason": "拒绝原因",
    "Busiest clients": "最忙的应用",
    "wrong password": "密码错误",
    "Help desk": "服务台",
    "Login history: View": "登录历史: 查看",
    "Account": "账号",
    "Real name": "姓名",
    "Password": "密码",
    "Password again": "再次输入密码",
}


@pytest.fixture
def acme(browser: BrowserThread) -> Tenant:
    """A tenant in which two sign-ins went wrong and one did not; one account is locked."""
    ensure_keys()
    make_user(make_tenant(), "platform", PASSWORD, is_staff=True, is_superuser=True)
    acme = make_tenant("acme", "Acme 制造")
    for name in ("first", "second"):
        acme.roles.create(name=name)
    acme.posts.create(code="ceo", name="总经理")
    make_user(acme, "zhang", PASSWORD)
    make_client("portal", "secret", tenant=acme, dialects=["connect"], grant_types=["password"], scopes=["profile"])
    for password in ("wrong", "wrong", PASSWORD):
        _ask("zhang", password)
    now = timezone.now()
    Lockout.objects.create(tenant=acme, account="li", failures=5, failed_at=now, locked_until=now + timedelta(hours=1))
    return acme


def _ask(account: str, password: str) -> int:
    answer = ask_connect("portal", "secret", grant_type="password", username=account, password=password)
    return int(answer.status_code)


def _make_a_tenant(page: Page, say: Words) -> None:
    page.goto("/admin/tenants/tenant/add/")
    field(page, say("Code")).fill("newco")
    field(page, say("Name")).fill("新公司")
    save(page)
    expect(page.locator("#result_list")).to_contain_text("新公司")


def _choose_acme(page: Page, say: Words, acme: Tenant) -> None:
    page.locator("#tenant-in-view").click()
    page.get_by_label(say("Code, name or domain of a tenant")).fill("acm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="新公司")).to_have_count(0)
    page.get_by_role("button", name="Acme 制造").click()
    expect(page.locator("#tenant-in-view")).to_contain_text("Acme 制造")


def _follow(page: Page, link: Locator) -> None:
    """A number of the dashboard leads to the list of as many rows."""
    number = int("".join(letter for letter in link.inner_text() if letter.isdigit()) or 0)
    link.click()
    page.wait_for_url("**/admin/*/*/?*")
    assert number
    expect(page.locator("#result_list tbody tr")).to_have_count(number)
    page.goto("/admin/")


def _follow_the_numbers(page: Page, say: Words) -> None:
    page.goto("/admin/")
    _follow(page, page.get_by_role("region", name=say("Needs attention")).get_by_role("link"))
    _follow(page, page.get_by_role("region", name=say("Online now")).get_by_role("link").last)
    signed_in = page.get_by_role("region", name=say("Sign-ins"))
    signed_in.get_by_text(say("Numbers"), exact=True).click()
    assert signed_in.get_by_role("row").last.inner_text().split()[1:] == ["1", "2"]
    _follow(page, signed_in.get_by_role("row").last.get_by_role("link").last)
    for panel, name, number in (("Refusals by reason", say("wrong password"), 2), ("Busiest clients", "portal", 3)):
        ranking = page.get_by_role("region", name=say(panel))
        expect(ranking.get_by_role("row", name=name)).to_contain_text(str(number))
        ranking.get_by_role("link", name=name).click()
        expect(page.locator("#result_list tbody tr")).to_have_count(number)
        page.goto("/admin/")


def _make_a_role(page: Page, say: Words) -> int:
    """From a ready-made one, with one permission more out of the matrix; how many it was filled in with."""
    page.goto("/admin/accounts/role/add/")
    page.get_by_role("link", name=say("Help desk")).click()
    page.wait_for_url("**/?start=help_desk")
    ticked = page.locator("input[name=permissions]:checked").count()
    page.get_by_role("checkbox", name=say("Login history: View"), exact=True).check()
    page.locator("[name=name]").fill("服务台一组")
    save(page)
    return ticked


def _make_a_person(page: Page, say: Words) -> None:
    """With two roles, the one that was added later in front, and a post."""
    page.goto("/admin/accounts/user/add/")
    for label, text in (
        ("Account", "wang"),
        ("Real name", "王五"),
        ("Password", PASSWORD),
        ("Password again", PASSWORD),
    ):
        field(page, say(label)).fill(text)
    for number, role in enumerate(("first", "second")):
        page.locator("#userrole_set-group .add-row").click()
        choose(page, f"userrole_set-{number}-role", role)
        page.locator(f"#id_userrole_set-{number}-position").fill(str(1 - number))
    page.locator("#userpost_set-group .add-row").click()
    choose(page, "userpost_set-0-post", "总经理")
    save(page)
    expect(page.locator("#result_list")).to_contain_text("王五")


def _find_in_the_changes(page: Page) -> list[str]:
    """What the changes say of the role: their entry's page, and the History of the role."""
    page.goto("/admin/tenants/change/")
    page.locator("#result_list tbody tr", has_text="服务台一组").locator("a").first.click()
    page.wait_for_url("**/tenants/change/*/change/")
    texts = [page.locator(".changed-fields").inner_text()]
    assert not overflow(page, page.viewport_size)  # type: ignore[arg-type]  # it has one
    page.goto("/admin/accounts/role/?q=服务台一组")
    page.locator("#result_list").get_by_role("link", name="服务台一组").click()
    page.wait_for_url("**/change/?*")
    page.goto(page.url.partition("change/")[0] + "history/")
    return [*texts, page.locator(".changed-fields").first.inner_text()]


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_from_the_dashboard_to_a_new_person_and_to_the_changes(
    browser: BrowserThread, acme: Tenant, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)

    def scenario(page: Page) -> tuple[int, list[str]]:
        sign_in(page, "000000", "platform", PASSWORD)
        page.wait_for_url("**/admin/")
        _make_a_tenant(page, say)
        _choose_acme(page, say, acme)
        _follow_the_numbers(page, say)
        ticked = _make_a_role(page, say)
        _make_a_person(page, say)
        return ticked, _find_in_the_changes(page)

    ticked, told = browser.run(scenario, locale=locale, viewport=viewport)
    assert Tenant.objects.filter(code="newco").exists()
    role = Role.objects.get(name="服务台一组")
    assert role.tenant == acme
    assert ticked == len(READY_MADE["help_desk"].permissions or ()) == role.permissions.count() - 1
    assert role.permissions.filter(codename="view_loginevent").exists()
    for text in told:
        assert "服务台一组" in text
        assert "help_desk" in text
    wang = User.objects.get(account="wang")
    assert wang.tenant == acme
    assert list(wang.userrole_set.values_list("role__name", flat=True)) == ["second", "first"]
    assert [post.code for post in wang.posts.all()] == ["ceo"]
    assert _ask("wang", PASSWORD) == 200
    assert LoginEvent.objects.filter(account="wang", outcome="allowed").exists()
