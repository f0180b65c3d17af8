"""The console's page for consents: who may withdraw one, and that its person is asked again."""

from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import LoginEvent
from oauthx.models import Consent, TokenFamily
from tests.factories import make_administrator, make_client, make_tenant, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/oauthx/consent/"


@pytest.fixture
def consent() -> Consent:
    tenant = make_tenant("acme", "Acme")
    portal = make_client("portal", None, tenant=tenant, scopes=["openid", "profile"])
    return Consent.objects.create(user=make_user(tenant, "zhang", None), client=portal, scopes=["openid", "profile"])


def browser(consent: Consent, *permissions: str) -> HttpClient:
    client = HttpClient()
    client.force_login(make_administrator(consent.user.tenant, "boss", permissions=permissions))
    return client


@pytest.mark.parametrize("term", ["zhang", "portal"])
def test_a_consent_is_found_by_account_and_by_client(consent: Consent, term: str) -> None:
    boss = browser(consent, "oauthx.view_consent")
    text = boss.get(LIST, {"q": term}, headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "登录; 姓名和头像" in text
    assert "登录; 姓名和头像" not in boss.get(LIST, {"q": "nobody"}).content.decode()


def test_withdrawing_is_a_right_of_its_own(consent: Consent) -> None:
    viewer = browser(consent, "oauthx.view_consent")
    assert viewer.post(f"{LIST}{consent.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Consent.objects.exists()


def test_a_withdrawn_consent_is_gone(consent: Consent) -> None:
    boss = browser(consent, "oauthx.view_consent", "oauthx.delete_consent")
    assert boss.post(f"{LIST}{consent.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Consent.objects.exists()
    event = LoginEvent.objects.get(reason="consent_withdrawn")
    assert (event.account, event.actor, event.client_id) == ("zhang", "boss", "portal")


def test_withdrawing_several_ends_what_came_of_each(consent: Consent) -> None:
    family = TokenFamily.objects.create(
        id=uuid4(), user=consent.user, client=consent.client, tenant=consent.user.tenant, auth_time=timezone.now()
    )
    boss = browser(consent, "oauthx.view_consent", "oauthx.delete_consent")
    chosen = {"action": "delete_selected", "_selected_action": str(consent.pk), "post": "yes"}
    assert boss.post(LIST, chosen).status_code == 302
    assert not Consent.objects.exists()
    family.refresh_from_db()
    assert family.end_reason == "consent_withdrawn"


def test_a_consent_is_never_written_by_hand(consent: Consent) -> None:
    boss = browser(consent, "oauthx.view_consent", "oauthx.delete_consent")
    assert boss.get(f"{LIST}add/").status_code == 403
    assert boss.post(f"{LIST}{consent.pk}/change/", {"scopes": '["all"]'}).status_code == 403


def test_consents_of_who_may_do_more_are_left_out(consent: Consent) -> None:
    tenant, portal = consent.user.tenant, consent.client
    chief = make_administrator(tenant, "chief")
    kept = Consent.objects.create(user=chief, client=portal, scopes=["openid"])
    family = TokenFamily.objects.create(id=uuid4(), user=chief, client=portal, tenant=tenant, auth_time=timezone.now())
    boss = browser(consent, "oauthx.view_consent", "oauthx.delete_consent")
    assert boss.post(f"{LIST}{kept.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(consent.pk), str(kept.pk)]}
    for answer in ({}, {"post": "yes"}):
        page = boss.post(LIST, {**chosen, **answer}, follow=True, headers={"Accept-Language": "en"}).content.decode()
        assert "1 person is left out who may do more than you." in page
    assert list(Consent.objects.all()) == [kept]
    family.refresh_from_db()
    assert family.ended_at is None
