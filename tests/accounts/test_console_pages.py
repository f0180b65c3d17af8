"""What is the same on many pages: how a moment is written, and what a browser gets where there is no page for it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import User
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

LANGUAGES = pytest.mark.parametrize(
    ("language", "missing", "expired", "forbidden", "unreadable"),
    [
        ("zh-CN", "页面不存在", "页面已过期", "无权访问", "无法读取请求"),
        ("en", "There is nothing here", "The page has expired", "This is not for you", "The request cannot be read"),
    ],
)


@LANGUAGES
def test_what_is_not_there_is_said_plainly(
    language: str, missing: str, expired: str, forbidden: str, unreadable: str
) -> None:
    browser = HttpClient(enforce_csrf_checks=True, headers={"Accept-Language": language})
    user = make_administrator(make_tenant(), "auditor", permissions=["accounts.view_loginevent"])
    answers = [
        (browser.get("/nowhere"), 404, missing),
        (browser.post("/admin/login/", {"tenant": "x"}), 403, expired),
    ]
    browser.force_login(user)
    answers += [
        (browser.get("/admin/accounts/loginevent/999/change/"), 404, missing),
        (browser.get("/admin/accounts/user/"), 403, forbidden),
        (browser.get("/admin/accounts/loginevent/?token_id__startswith=a"), 400, unreadable),
    ]
    for answer, status, text in answers:
        page = answer.content.decode()
        assert answer.status_code == status
        assert text in page
        assert "<script" not in page
        assert "unfold" not in page
        # Whoever may not see a page, or finds none, is led to those that there are.
        for way in ('href="/admin/"', 'href="/account/"'):
            assert (way in page) is (text in {missing, forbidden})


def test_a_page_for_what_is_not_there_costs_no_query(client: HttpClient, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/nowhere").status_code == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_moment_is_written_alike_in_every_language_and_in_the_tenants_zone(client: HttpClient, language: str) -> None:
    boss = make_administrator(make_tenant(time_zone="America/New_York"))
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    User.objects.update(created_at=noon, password_updated_at=noon)
    client.force_login(boss)
    for address, times in (("", 1), (f"{boss.pk}/change/", 2)):
        page = client.get(f"/admin/accounts/user/{address}", headers={"Accept-Language": language}).content.decode()
        assert page.count("2026-05-01 08:00:00") == times


@pytest.mark.once
@pytest.mark.parametrize(
    ("page", "group"),
    [
        ("/admin/accounts/loginevent/", "安全"),
        ("/admin/tenants/change/", "安全"),
        ("/admin/oauthx/tokenfamily/", "安全"),
        ("/admin/oauthx/client/", "应用"),
        ("/admin/accounts/dept/add/", "人员"),
    ],
    ids=["history", "changes", "sessions", "client", "department"],
)
def test_the_way_to_a_page_begins_as_the_menu_does_and_its_lists_speak_its_language(page: str, group: str) -> None:
    browser = HttpClient()
    browser.force_login(make_user(make_tenant("acme"), "root", is_staff=True, is_superuser=True))
    content = browser.get(page).content.decode()
    heading = re.search(r"<h1\b.*?</h1>", content, re.DOTALL)
    assert heading is not None
    assert re.sub(r"<[^>]+>", " ", heading[0]).split()[0] == group
    scripts = re.findall(r"select2/[^\"]*\.js", content)
    assert scripts == ["select2/select2.full.js", "select2/i18n/zh-CN.js"]
