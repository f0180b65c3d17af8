"""The ways through the console, as a platform administrator walks them with the demo data and a crowd."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.driver import save, sign_in
from tests.browser.tours import CONSOLE_LOOKS, Look, Tour, Walk

_USERS, _HISTORY, _CLIENTS = "/admin/accounts/user/", "/admin/accounts/loginevent/", "/admin/oauthx/client/"


def _enter(page: Page) -> None:
    sign_in(page, "000000", "admin", "admin")
    page.wait_for_url("**/admin/")


def _first_row(page: Page) -> None:
    page.locator("#result_list tbody a").first.click()
    page.wait_for_load_state()


def _beside(page: Page, name: str) -> None:
    """The page of this name of the row that one looks at."""
    page.goto(page.url.split("/change/")[0] + f"/{name}/")


def _login(page: Page, _look: Look) -> Iterator[str]:
    page.goto("/admin/login/")
    yield "console-login"


def _overview(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    yield "console-overview"
    page.goto(_HISTORY)
    yield "console-history"


def _history(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    page.goto(f"{_HISTORY}?account=zhangwei&reason=credentials_rejected")
    _first_row(page)
    yield "console-history-detail"
    page.goto("/admin/tenants/change/")
    yield "console-changes"
    page.goto("/admin/accounts/lockout/")
    yield "console-lockouts"


def _people(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    page.goto(_USERS)
    yield "console-users"
    page.goto(f"{_USERS}?q=lina")
    _first_row(page)
    yield "console-person"
    _beside(page, "reset-password")
    yield "console-reset-password"


def _organisation(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    page.goto("/admin/mail/")
    yield "console-mail"
    page.goto("/admin/tenants/tenant/choose/?q=00000&next=/admin/")
    yield "console-choose-tenant"
    page.locator("button[name=tenant]", has_text="000001").click()
    page.wait_for_url("**/admin/")
    page.goto("/admin/accounts/dept/tree/")
    closed = page.locator(".dept-tree a.toggle[aria-expanded=false]")
    while closed.count():
        with page.expect_navigation():
            closed.first.click()
    yield "console-departments"
    page.goto("/admin/accounts/role/add/?start=help_desk")
    page.locator(".permission-matrix, table:has(input[name=permissions])").first.scroll_into_view_if_needed()
    yield "console-role"


def _clients(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    page.goto(_CLIENTS)
    yield "console-clients"
    page.goto(f"{_CLIENTS}add/")
    yield "console-client-kinds"
    page.goto(f"{_CLIENTS}add/?kind=service")
    yield "console-client-new"
    page.goto(f"{_CLIENTS}?q=client1")
    _first_row(page)
    yield "console-client"
    _beside(page, "how-to-call")
    yield "console-how-to-call"
    _call(page)
    yield "console-test-call"


def _call(page: Page) -> None:
    """From the programs on to a call of the client's token endpoint."""
    page.goto(page.url.split("?")[0].replace("how-to-call", "test-call") + "?way=connect/password")
    page.locator("[name=CLIENT_SECRET]").fill("secret")
    page.locator("[name=ACCOUNT]").fill("admin")
    page.locator("[name=PASSWORD]").fill("admin")
    page.locator("#content-main form button[type=submit]").click()
    page.locator("#answered").wait_for()


def _sessions(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    page.goto("/admin/oauthx/tokenfamily/")
    yield "console-sessions"
    page.locator("#result_list tbody input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("end_of_people")
    page.locator("button[name=index]").first.click()
    page.wait_for_load_state()
    yield "console-end-sessions"


def _import(page: Page, _look: Look) -> Iterator[str]:
    _enter(page)
    page.goto(f"{_USERS}import/")
    yield "console-import"
    for name, rows in (
        (
            "console-import-problems",
            "账号,电子邮箱,depts\nqianduo,qianduo@example,没有这个部门\n,nobody@example.com,\n",
        ),
        ("console-import-preview", "账号,姓名,手机号\nqianduo,钱多,13700137000\nlina,李娜,13600136000\n"),
    ):
        _upload(page, rows)
        yield name


def _upload(page: Page, rows: str) -> None:
    tenant = page.locator("select[name=tenant]")
    if tenant.count():
        page.locator("select[name=tenant] + .select2-container").click()
        page.locator(".select2-dropdown .select2-search__field").fill("000000")
        page.locator(".select2-results__option", has_text="000000").first.click()
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a payload
    page.locator("form:has(input[type=file]) button[type=submit]").click()
    page.wait_for_load_state()


def _tenant(page: Page, look: Look) -> Iterator[str]:
    """Last: from here on everyone of this tenant needs a second factor."""
    _enter(page)
    page.goto("/admin/tenants/tenant/?q=000001")
    _first_row(page)
    page.locator("[name=requires_second_factor]").check()
    page.locator("[name=requires_second_factor]").scroll_into_view_if_needed()
    yield "console-tenant"
    save(page)


def _console(walk: Walk, *, is_dark: bool = False) -> Tour:
    return Tour(walk, looks=CONSOLE_LOOKS, is_whole_page=False, is_dark=is_dark)


CONSOLE_TOURS = (
    _console(_login),
    _console(_overview, is_dark=True),
    *map(_console, (_history, _people, _organisation, _clients, _sessions, _import, _tenant)),
)
