"""The login history of token requests: one event for each POST whose client is known, with all that auditors ask."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse

from accounts.models import LoginEvent
from accounts.models.history import AppendOnlyError
from tests.contract.wire import AMS_AUTH, BLADE, CAMS_AUTH, CONNECT, ENDPOINTS, Endpoint
from tests.contract.world import World, history

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@on_each_endpoint
def test_a_success_tells_who_when_from_where_and_through_what(endpoint: Endpoint, world: World, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    headers = {"User-Agent": "Mozilla/5.0 (test)", "X-Request-ID": "abc-123"}
    answer = world.sign_in(endpoint).with_headers(headers).send(world.http).json()
    (event,) = history()
    assert (event.time, event.kind, event.outcome, event.reason) == (world.clock(), "token", "allowed", "")
    assert (event.tenant_id, event.tenant_code, event.tenant_name) == (world.tenant.pk, "000000", "默认租户")
    assert (event.account, event.user_id, event.real_name) == ("admin", world.admin.pk, "admin")
    assert (event.client_id, event.client_name) == ("app", "app")
    assert (event.dialect, event.grant) == (endpoint.name, "password")
    assert (event.address, event.user_agent, event.request_id) == ("127.0.0.1", "Mozilla/5.0 (test)", "abc-123")
    assert event.token_id == answer.get("jti", event.token_id) != ""


@on_each_endpoint
def test_a_refusal_tells_the_same_without_a_token(endpoint: Endpoint, world: World) -> None:
    world.sign_in(endpoint, password="wrong").send(world.http)
    (event,) = history()
    assert (event.outcome, event.reason, event.token_id) == ("refused", "credentials_rejected", "")
    assert (event.tenant_code, event.account, event.client_id) == ("000000", "admin", "app")
    assert (event.dialect, event.grant) == (endpoint.name, "password")


@on_each_endpoint
def test_a_refusal_is_told_to_the_tenant_that_a_shared_client_named(endpoint: Endpoint, world: World) -> None:
    """Otherwise the tenant's own auditor would never see it."""
    other = world.make_tenant("000001")
    wire = world.sign_in(endpoint).by(world.shared(other)).in_tenant("000001")
    for damaged in (
        wire,
        wire.with_params(scope="admin"),
        wire.without("username"),
        wire.with_params(grant_type="magic"),
    ):
        damaged.send(world.http)
    assert [(event.tenant_id, event.tenant_code) for event in history()] == [(other.pk, "000001")] * 4


@on_each_endpoint
def test_a_tenant_that_the_client_does_not_serve_learns_nothing_of_it(endpoint: Endpoint, world: World) -> None:
    world.make_tenant("000001")
    world.sign_in(endpoint).by(world.shared()).in_tenant("000001").send(world.http)
    (event,) = history()
    assert (event.tenant_id, event.reason) == (None, "tenant_not_served")


def test_names_stay_as_they_were(world: World) -> None:
    world.tokens(AMS_AUTH)
    world.admin.account = "renamed"
    world.admin.save()
    world.tenant.name = "renamed"
    world.tenant.save()
    (event,) = history()
    assert (event.account, event.tenant_name) == ("admin", "默认租户")


def test_outlives_what_it_tells_of(world: World) -> None:
    world.make_user("leaving")
    world.sign_in(AMS_AUTH, "leaving").send(world.http)
    world.make_user("staying")
    type(world.admin).objects.get(account="leaving").delete()
    assert [event.account for event in history()] == ["leaving"]


def test_is_never_changed_or_deleted(world: World) -> None:
    world.tokens(AMS_AUTH)
    (event,) = history()
    event.reason = "nothing happened"
    with pytest.raises(AppendOnlyError):
        event.save()
    with pytest.raises(AppendOnlyError):
        event.delete()
    with pytest.raises(AppendOnlyError):
        LoginEvent.objects.update(reason="nothing happened")
    with pytest.raises(AppendOnlyError):
        LoginEvent.objects.all().delete()
    assert [event.reason for event in history()] == [""]


HOSTILE = {
    "account": ("username", "a\x00\ud842b" + "x" * 300),
    "grant": ("grant_type", "\x00\ud842" + "x" * 300),
    "fingerprint": ("fp", "\x00\ud842" + "x" * 300),
    "main_account": ("tma", "\x00\ud842" + "x" * 300),
    "tenant_code": ("tenantId", "\x00\ud842" + "x" * 300),
}


@pytest.mark.parametrize("column", HOSTILE)
@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_keeps_what_any_database_and_page_can_hold(endpoint: Endpoint, column: str, world: World) -> None:
    name, value = HOSTILE[column]
    wire = world.sign_in(endpoint).by(world.shared()).sent_as("application/json").with_params(**{name: value})
    assert wire.send(world.http).status_code == 400
    (event,) = history()
    kept = getattr(event, column)
    assert "\x00" not in kept
    kept.encode()
    assert len(kept) <= 255


def test_a_long_or_broken_browser_name_is_cut(world: World, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    world.sign_in(AMS_AUTH).with_headers({"User-Agent": "é" * 5000, "X-Request-ID": "not a word\x01"}).send(world.http)
    (event,) = history()
    assert len(event.user_agent) <= 512
    assert event.request_id != "not a word\x01"
    assert len(event.request_id) >= 16


@pytest.mark.parametrize(
    "damage",
    [
        lambda wire: wire.by(("nobody", "secret")),
        lambda wire: wire.by(None),
        lambda wire: wire.with_authorization("Basic !!!"),
        lambda wire: wire.with_body(b"\xff\xfe"),
        lambda wire: wire.with_params(ignored="x" * 70_000),
        lambda wire: wire.with_body(b"x", "text/plain"),
    ],
    ids=["unknown client", "no client", "broken Basic", "unreadable", "too large", "plain text"],
)
@on_each_endpoint
def test_a_stranger_fills_the_log_not_the_table(
    endpoint: Endpoint, damage: Callable[[Any], Any], world: World, caplog: Any
) -> None:
    for _time in range(3):
        damage(world.sign_in(endpoint)).send(world.http)
    assert history() == []
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("oauthx")]
    assert len(lines) == 3
    assert all(endpoint.name in line and "127.0.0.1" in line and "reason=" in line for line in lines)


# --- Committed before the answer -------------------------------------------------------------------------------------

_seen: list[int] = []


def count_from_outside(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that counts the events that another connection sees by the time that the answer leaves."""

    def count() -> None:
        _seen.append(LoginEvent.objects.count())
        connections.close_all()

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        thread = Thread(target=count)
        thread.start()
        thread.join()
        return response

    return middleware


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("endpoint", [CAMS_AUTH, CONNECT], ids=lambda endpoint: endpoint.name)
def test_is_committed_before_the_answer_leaves(endpoint: Endpoint, transactional_db: None, world: World) -> None:
    world.settings.MIDDLEWARE = [f"{__name__}.count_from_outside", *world.settings.MIDDLEWARE]
    _seen.clear()
    tokens = world.sign_in(endpoint, scope="all offline_access").send(world.http).json()
    world.sign_in(endpoint, password="wrong").send(world.http)
    world.refresh(endpoint, tokens["refresh_token"]).send(world.http)
    world.refresh(endpoint, tokens["refresh_token"]).send(world.http)
    assert _seen == [1, 2, 3, 4]
