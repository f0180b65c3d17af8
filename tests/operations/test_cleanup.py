"""What the clean-up deletes, and what it must keep."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import BrowserSession, LoginEvent
from oauthx.cleanup import clear_expired, count_expired
from oauthx.models import AccessToken, DeviceGrant, IDToken, RefreshToken, TokenFamily
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(client: HttpClient) -> None:
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    factories.make_connect_client(tenant)
    body = "grant_type=password&client_id=client1&client_secret=secret&username=admin&password=admin"
    response = client.post("/connect/token", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200, response.content


def test_keeps_everything_that_is_still_good(tokens: None) -> None:
    assert clear_expired(timezone.now()) == 0
    assert not any(count_expired(timezone.now()).values())


def test_deletes_an_access_token_that_expired_and_keeps_its_refresh_token(tokens: None) -> None:
    clear_expired(timezone.now() + timedelta(hours=2))
    assert not AccessToken.objects.exists()
    assert RefreshToken.objects.filter(access_token=None).exists()
    assert TokenFamily.objects.exists()


def test_keeps_a_used_refresh_token_until_it_expires_so_that_its_replay_is_seen(tokens: None) -> None:
    RefreshToken.objects.update(revoked=timezone.now())
    clear_expired(timezone.now() + timedelta(days=29))
    assert RefreshToken.objects.exists()


def test_in_the_end_only_the_history_is_left(tokens: None) -> None:
    clear_expired(timezone.now() + timedelta(days=31))
    for model in (AccessToken, RefreshToken, IDToken, TokenFamily):
        assert not model._default_manager.exists()
    assert LoginEvent.objects.exists()


def test_a_family_whose_tokens_went_first_goes_with_its_browser_session(tokens: None) -> None:
    """Until then its client must hear of the session's end."""
    now, family = timezone.now(), TokenFamily.objects.get()
    session = BrowserSession.objects.create(user=family.user, auth_time=now, expires_at=now + timedelta(days=60))
    TokenFamily.objects.update(browser_session=session)
    clear_expired(now + timedelta(days=31))
    assert not RefreshToken.objects.exists()
    assert TokenFamily.objects.get().browser_session == session
    clear_expired(now + timedelta(days=61))
    assert not BrowserSession.objects.exists()
    assert not TokenFamily.objects.exists()


def test_the_command_says_what_would_go_and_deletes_only_without_dry_run(tokens: None) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    out = io.StringIO()
    call_command("cleartokens", "--dry-run", stdout=out)
    assert AccessToken.objects.exists()
    assert "1  access tokens" in out.getvalue()
    call_command("cleartokens", stdout=out, stderr=io.StringIO())
    assert not AccessToken.objects.exists()


def test_keeps_a_device_code_while_something_is_to_be_said_about_it(db: None) -> None:
    now = timezone.now()
    for code, family_id in (("waiting", None), ("used", uuid4())):
        DeviceGrant.objects.create(device_code=code, user_code=code, expires=now, family_id=family_id)
    clear_expired(now + timedelta(minutes=59))
    assert DeviceGrant.objects.count() == 2
    # Its replay must still be seen.
    clear_expired(now + timedelta(hours=1))
    assert DeviceGrant.objects.get().device_code == "used"
    clear_expired(now + timedelta(days=1))
    assert not DeviceGrant.objects.exists()
