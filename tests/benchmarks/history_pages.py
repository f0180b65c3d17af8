"""Measures the pages of the login history in this process. `tests/benchmarks/history.py` starts it."""

import html
import os
import re
from urllib.parse import urlencode

import django

django.setup()

from django.contrib.auth.models import Permission  # noqa: E402 - not before Django is ready
from django.test import Client  # noqa: E402

from accounts.models import Role, User  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tests.benchmarks.history_rows import FIRST_TENANT, TENANTS  # noqa: E402
from tests.benchmarks.pages import Took, measure, plans_of  # noqa: E402

AT_MOST_MS = 300
OURS, STOCK = "/admin/accounts/loginevent/", "/stock/accounts/loginevent/"
# Frequent values, rare ones that stand three times in the oldest month, none at all, and several at once.
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"account": "admin"},
    {"account": "needle"},
    {"account": "nobody"},
    {"real_name": "Name 7"},
    {"real_name": "Needle"},
    {"address": "10.0.0.7"},
    {"address": "192.0.2.1"},
    {"client_id": "client-1"},
    {"client_id": "needle"},
    {"reason": "credentials_rejected"},
    {"reason": "wechat_code_used"},
    {"grant": "refresh_token"},
    {"grant": "wechat"},
    {"dialect": "connect"},
    {"dialect": "api-cams-auth"},
    {"kind": "token"},
    {"kind": "unbind"},
    {"outcome": "allowed"},
    {"outcome": "refused"},
    {"request_id": "needle"},
    {"tenant": "tenant-1"},
    {"tenant": "tenant-990"},
    {"account": "admin", "reason": "captcha_mismatch"},
    {"account": "admin", "outcome": "refused", "grant": "sms"},
    {"outcome": "refused", "kind": "logout", "client_id": "client-77"},
    {"dialect": "ams-auth", "grant": "wechat"},
    {"outcome": "allowed", "kind": "unbind", "grant": "password"},
    {"client_id": "client-1", "real_name": "Name 7", "kind": "lockout"},
)
# The same for a tenant's own administrator, whose tenant goes with each of them.
_OF_TENANT: tuple[dict[str, str], ...] = (
    {},
    {"account": "admin"},
    {"account": "needle"},
    {"grant": "sms"},
    {"outcome": "refused"},
)
_STOCK_NAMES = {"tenant": "tenant_code"}


def _viewer(number: int | None) -> Client:
    """The browser of a platform administrator, or of an auditor of that tenant of the history."""
    tenant = Tenant.objects.get(code="000000")
    if number is None:
        user = User.objects.get(account="admin", tenant=tenant)
    else:
        tenant = Tenant.objects.get(code=f"tenant-{number}")
        user = User.objects.create_user(tenant, "auditor", None, is_staff=True)
        role = Role.objects.create(tenant=tenant, name="auditor")
        role.permissions.set(Permission.objects.filter(codename="view_loginevent"))
        user.assign(roles=[role])
    browser = Client()
    browser.force_login(user)
    return browser


def _row(name: str, browser: Client, wanted: dict[str, str], stock: Client | None) -> float:
    first, answer = measure(browser, f"{OURS}?{urlencode(wanted)}")
    page = answer.content.decode()
    older = re.search(r'href="(\?[^"]*older=[^"]*)" rel="next"', page)
    following = measure(browser, OURS + html.unescape(older.group(1)))[0] if older else None
    text = f"{name:58}{_shown(first)}{_shown(following) if following else f'{chr(8211):>13}'}"
    if stock is not None:
        asked = urlencode({_STOCK_NAMES.get(column, column): value for column, value in wanted.items()})
        theirs, _answer = measure(stock, f"{STOCK}?{asked}&p=2" if following else f"{STOCK}?{asked}", 1)
        text += f"{_shown(theirs)}{theirs.queries / (following or first).queries:9.1f}x"
    text += "   searched a part" if 'role="status"' in page else ""
    print(text, flush=True)  # noqa: T201 - the result
    return max(first.page, following.page if following else 0.0)


def _shown(took: Took) -> str:
    return f"{took.page:7.0f}{took.queries:6.0f}"


def main() -> None:
    Tenant.objects.bulk_create(
        Tenant(pk=FIRST_TENANT + number, code=f"tenant-{number}", name=f"Tenant {number}")
        for number in range(1, TENANTS + 2)
    )
    platform, slowest = _viewer(None), 0.0
    measure(platform, OURS)
    print(f"{'page, and its queries alone':58}{'first':>13}{'next':>13}{'stock':>13}  by queries")  # noqa: T201 - the result
    for wanted in FILTERS:
        name = ", ".join(f"{column}={value}" for column, value in wanted.items()) or "no filter"
        slowest = max(slowest, _row(name, platform, wanted, platform))
    for number in (1, 990):
        browser = _viewer(number)
        for wanted in _OF_TENANT:
            name = ", ".join(f"{column}={value}" for column, value in wanted.items()) or "no filter"
            slowest = max(slowest, _row(f"auditor of tenant-{number}: {name}", browser, wanted, None))
    print(f"Slowest page of ours: {slowest:.0f} ms (at most {AT_MOST_MS} ms)")  # noqa: T201 - the result
    if os.environ.get("BENCH_PLANS"):
        for wanted in FILTERS:
            [plan] = plans_of(platform, f"{OURS}?{urlencode(wanted)}", 1, "LIMIT 51")
            print(f"\n-- {urlencode(wanted) or 'no filter'}", *plan, sep="\n")  # noqa: T201 - the result


if __name__ == "__main__":
    main()
