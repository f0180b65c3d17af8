"""The preview of an import says what each row holds and will hold, in few signs, and never a secret."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as HttpClient
from django.utils import translation

from accounts.models import Dept, Role, User, UserRole
from oauthx.models import Client
from oauthx.signing import ensure_keys
from tenants.console.transfer.telling import LONGEST
from tenants.models import Tenant
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_client, make_tenant, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HASH = "5f4dcc3b5aa765d61d8327deb882cf9900112233"


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def browser(tenant: Tenant) -> HttpClient:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(make_administrator(tenant))
    return browser


def told(transfer: Transfer, rows: list[list[Any]]) -> list[Any]:
    """What the preview says of each row: its name, and each column with what it held and will hold."""
    answer = transfer.upload(rows)
    assert answer.status_code == 302, transfer.problems(answer)
    return [(name, [tuple(one) for one in columns]) for _line, _new, name, columns in seen(transfer)["shown"]]


def seen(transfer: Transfer) -> Any:
    return transfer.preview().context["state"]


def page_of(transfer: Transfer) -> str:
    """The preview as it is read: without tags, each gap one space."""
    text = re.sub(r"<[^>]*>", " ", transfer.preview().content.decode())
    return re.sub(r"\s+", " ", text)


def test_people_are_told_before_and_after(browser: HttpClient, tenant: Tenant) -> None:
    boy = make_user(tenant, "zhang", email="old@acme.example", nick_name="<b>")
    first, second = (Role.objects.create(tenant=tenant, name=name) for name in ("clerk", "guard"))
    UserRole.objects.create(user=boy, role=first, position=0)
    strange = Role.objects.create(tenant=make_tenant("other", "Other"), name="spy")
    UserRole.objects.create(user=boy, role=strange, position=1)
    people = Transfer(browser, "accounts_user")
    rows = [
        ["account", "nick_name", "email", "is_active", "roles", "password", "password_updated_at"],
        ["zhang", "", "new@acme.example", "0", "guard,clerk", HASH, ""],
        ["li", "李", "", "1", second.name, HASH, "2024-05-01 08:00:00"],
        ["wu", "", "", "", "", "", "2024-05-01 08:00:00"],
    ]
    assert told(people, rows) == [
        (
            "zhang",
            [
                ("Nickname", "<b>", ""),
                ("E-mail", "old@acme.example", "new@acme.example"),
                ("Active", "Yes", "No"),
                ("Roles", "clerk, another tenant's", "guard, clerk"),
                ("Password hash", None, "will be changed"),
            ],
        ),
        (
            "li",
            [
                ("Account", None, "li"),
                ("Nickname", None, "李"),
                ("Active", None, "Yes"),
                ("Roles", None, "guard"),
                ("Password hash", None, "will be set"),
                ("Password set at", None, "2024-05-01 08:00:00"),
            ],
        ),
        ("wu", [("Account", None, "wu")]),
    ]
    page = page_of(people)
    assert "E-mail: Before: old@acme.example → After: new@acme.example" in page
    assert "Nickname: Before: &lt;b&gt; → After: empty" in page
    assert "spy" not in page
    for language, _name in settings.LANGUAGES:
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        content = people.preview().content.decode()
        assert HASH not in content
        assert User.objects.get(account="zhang").password not in content


def test_a_department_that_moves_is_told_by_the_names_above_it(browser: HttpClient, tenant: Tenant) -> None:
    north, south = (Dept.objects.create(tenant=tenant, name=name) for name in ("north", "south"))
    twin = Dept.objects.create(tenant=tenant, name="team", parent=south)
    Dept.objects.create(tenant=tenant, name="team", parent=north)
    shop = Dept.objects.create(tenant=tenant, name="shop", parent=north)
    rows: list[list[Any]] = [
        ["id", "name", "parent", "category"],
        [north.pk, "North", "", ""],
        [shop.pk, "shop", twin.pk, "team"],
    ]
    assert told(Transfer(browser, "accounts_dept"), rows) == [
        ("North", [("Name", "north", "North")]),
        ("shop", [("Category", "department", "team"), ("Parent", "north", f"team ({twin.pk})")]),
    ]


def test_of_a_long_value_the_part_is_told_that_differs(browser: HttpClient, tenant: Tenant) -> None:
    ensure_keys()
    client = make_client("portal", "a secret of old", tenant=tenant, dialects=["connect"], grant_types=["password"])
    addresses = [f"https://acme.example/{number}" for number in range(50)]
    client.redirect_uris = "\n".join(addresses)
    client.save()
    clients = Transfer(browser, "oauthx_client")
    longer = ",".join([*addresses, "https://new/"])
    rows = [["client_id", "redirect_uris", "secret"], ["portal", longer, "a new secret"]]
    [(_name, [(_heading, old, new), secret])] = told(clients, rows)
    assert (old[0], old[-3:]) == ("…", "/49")
    assert new.endswith("/49, https://new/")
    assert max(len(old), len(new)) <= LONGEST + 2
    assert secret == ("Secret to take over", None, "will be changed")
    content = clients.preview().content.decode()
    assert "a new secret" not in content
    assert Client.objects.get(client_id="portal").client_secret not in content
