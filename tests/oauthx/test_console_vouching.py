"""A client that vouches for WeChat identities signs nobody in who may do more than whoever allowed it."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent, SocialIdentity, User, WechatApp
from oauthx.models import Client
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.pages import send_form

pytestmark = pytest.mark.django_db

ADD = "/admin/oauthx/client/add/?kind=custom"
NEW: dict[str, Any] = {
    "name": "Portal",
    "client_id": "portal",
    "dialects": ["connect"],
    "grant_types": ["wechat"],
    "scopes": ["all"],
}
ALL_OF_CLIENTS = [f"oauthx.{action}_client" for action in ("view", "add", "change", "delete")]
SECRET = "a secret that somebody knows"
MINI = {"name": "Mini", "app_id": "wx1"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def limited(tenant: Tenant) -> HttpClient:
    """Somebody who may edit clients and apps, and nothing else."""
    browser = HttpClient()
    permissions = [*ALL_OF_CLIENTS, "accounts.view_wechatapp"]
    browser.force_login(make_administrator(tenant, "limited", permissions=permissions))
    return browser


def add(browser: HttpClient, **changes: Any) -> Any:
    return send_form(browser, ADD, "client_form", **{**NEW, **changes})


def address(client: Client, page: str = "change") -> str:
    return f"/admin/oauthx/client/{client.pk}/{page}/"


def rotate(browser: HttpClient, client: Client) -> Any:
    page = address(client, "rotate-secret")
    current = browser.get(page).context["form"]["current"].value()
    return browser.post(page, {"current": current, "overlap": "0"})


def trustee(client: Client) -> str:
    return "" if client.vouching_allowed_by is None else str(client.vouching_allowed_by.account)


def bind(user: User, app: WechatApp) -> None:
    SocialIdentity.objects.create(
        tenant=user.tenant, user=user, provider="wechat", app=app.app_id, openid=f"openid-of-{user.pk}"
    )


def word_of(openid: str, secret: str = SECRET) -> Any:
    """The answer when the portal says whom it has before it."""
    form = {"client_id": "portal", "client_secret": secret, "grant_type": "wechat", "openId": openid}
    return HttpClient().post("/connect/token", urlencode(form), content_type="application/x-www-form-urlencoded")


def reason() -> str:
    return LoginEvent.objects.latest("id").reason


@pytest.fixture
def app(tenant: Tenant) -> WechatApp:
    return WechatApp.objects.create(tenant=tenant, **MINI)


@pytest.fixture
def portal(limited: HttpClient, app: WechatApp) -> Client:
    """A client that somebody limited has made, whose secret he knows."""
    assert add(limited, wechat_app=app.pk, vouches_for_wechat="on", imported_secret=SECRET).status_code == 302
    client: Client = Client.objects.get(client_id="portal")
    return client


def test_a_clients_word_counts_for_those_whom_may_manage_who_allowed_it(
    portal: Client, tenant: Tenant, app: WechatApp
) -> None:
    """Whatever came first: the client, the binding or the rights."""
    worker = make_user(tenant, "worker")
    bind(worker, app)
    assert word_of(f"openid-of-{worker.pk}").status_code == 200
    superior = make_administrator(tenant, "superior", is_superuser=True)
    bind(superior, app)
    answer = word_of(f"openid-of-{superior.pk}")
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    assert reason() == "wechat_vouching_untrusted"
    worker.assign(roles=[make_administrator(tenant, "chief").roles.get()])
    assert word_of(f"openid-of-{worker.pk}").status_code == 400
    assert reason() == "wechat_vouching_untrusted"
    User.objects.get(account="limited").assign(roles=[worker.roles.get()])
    assert word_of(f"openid-of-{worker.pk}").status_code == 200


@pytest.mark.parametrize("gone", ["deleted", "disabled"])
def test_the_word_of_a_client_whose_trustee_is_gone_counts_for_those_who_may_do_nothing(
    gone: str, portal: Client, tenant: Tenant, app: WechatApp
) -> None:
    worker, auditor = make_user(tenant, "worker"), make_administrator(tenant, "a", permissions=ALL_OF_CLIENTS)
    bind(worker, app)
    bind(auditor, app)
    assert [word_of(f"openid-of-{user.pk}").status_code for user in (worker, auditor)] == [200, 200]
    if gone == "deleted":
        User.objects.get(account="limited").delete()
    else:
        User.objects.filter(account="limited").update(is_active=False)
    assert [word_of(f"openid-of-{user.pk}").status_code for user in (worker, auditor)] == [200, 400]


def test_what_a_superior_corrects_lends_his_rights_to_nobody(
    limited: HttpClient, portal: Client, tenant: Tenant, app: WechatApp
) -> None:
    chief = make_administrator(tenant, "chief")
    bind(chief, app)
    limited.force_login(chief)
    assert send_form(limited, address(portal), "client_form", name="Corrected").status_code == 302
    portal.refresh_from_db()
    assert (portal.name, trustee(portal)) == ("Corrected", "limited")
    assert word_of(f"openid-of-{chief.pk}").status_code == 400
    # Until he allows it himself.
    for ticked in (None, "on"):
        sent = send_form(limited, address(portal), "client_form", vouches_for_wechat=ticked)
        assert sent.status_code == 302
    portal.refresh_from_db()
    assert portal.vouching_allowed_by == chief
    assert word_of(f"openid-of-{chief.pk}").status_code == 200


def test_nobody_takes_over_what_somebody_vouches_for_who_may_do_more(
    limited: HttpClient, tenant: Tenant, app: WechatApp
) -> None:
    chief = make_administrator(tenant, "chief")
    client = make_client(
        "robot", SECRET, tenant=tenant, wechat_app=app, vouches_for_wechat=True, vouching_allowed_by=chief
    )
    before = Client.objects.values().get()
    pages = [address(client), address(client, "rotate-secret")]
    assert limited.post(pages[0], {}).status_code == 403
    assert limited.get(pages[1]).status_code == 403
    assert limited.post(pages[1], {"overlap": "0"}).status_code == 403
    assert Client.objects.values().get() == before
    limited.force_login(chief)
    assert rotate(limited, client).status_code == 200
    assert Client.objects.values().get()["client_secret"] != before["client_secret"]


def test_whoever_makes_a_new_secret_and_may_do_no_more_vouches_from_then_on(
    limited: HttpClient, portal: Client, tenant: Tenant
) -> None:
    permissions = [*ALL_OF_CLIENTS, "accounts.view_wechatapp"]
    limited.force_login(make_administrator(tenant, "colleague", permissions=permissions))
    assert rotate(limited, portal).status_code == 200
    portal.refresh_from_db()
    assert trustee(portal) == "colleague"


def test_vouching_taken_away_forgets_who_allowed_it(limited: HttpClient, portal: Client) -> None:
    assert trustee(portal) == "limited"
    assert send_form(limited, address(portal), "client_form", vouches_for_wechat=None).status_code == 302
    portal.refresh_from_db()
    assert portal.vouching_allowed_by is None
