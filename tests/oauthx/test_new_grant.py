"""Adding a grant is one file and one line. This is the file; the line is the tuple that the endpoint is given."""

import pytest
from django.urls import path

from accounts.people import look_up
from oauthx.dialects import DIALECTS
from oauthx.errors import CREDENTIALS_REJECTED, OAuthError
from oauthx.grants import GRANTS
from oauthx.grants.base import Grant, Param, require_tenant
from oauthx.requests import Subject, TokenRequest
from oauthx.views import TokenView
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, Wire, assert_refused
from tests.contract.world import SCOPES, World, history, reasons

_shown: list[TokenRequest] = []


class BadgeGrant:
    """Whoever shows a badge is let in: it says who it is, and nothing else."""

    name = "badge"
    label = "Badge"
    params = (Param("username"),)
    is_login = True
    personal = True
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        _shown.append(request)
        tenant = require_tenant(request)
        person = look_up(tenant.pk, request.params["username"]).person
        if person is None:
            raise OAuthError(CREDENTIALS_REJECTED, "badge_unknown")
        return Subject(person=person, tenant=tenant, auth_time=request.received_at, amr="hwk")


class CarGrant(BadgeGrant):
    """A grant for whose parameter no document has a word."""

    name = "car"
    params = (Param("licence_plate"),)


GRANTS_HERE: tuple[Grant, ...] = (*GRANTS, BadgeGrant(), CarGrant())
urlpatterns = [path(dialect.token_path, TokenView.as_view(dialect=dialect, grants=GRANTS_HERE)) for dialect in DIALECTS]
pytestmark = pytest.mark.urls(__name__)
on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.fixture
def badge_world(world: World) -> World:
    client = world.of(world.app)
    client.grant_types = [*client.grant_types, "badge", "car"]
    client.save()
    return world


def show_badge(world: World, endpoint: Endpoint, account: str = "admin") -> Wire:
    wire = endpoint.request(world.app, grant_type="badge", username=account, scope="all")
    return wire.in_tenant(world.tenant.code) if endpoint.tenant_header else wire


@on_each_endpoint
def test_answers_like_every_other_grant(endpoint: Endpoint, badge_world: World) -> None:
    by_badge = show_badge(badge_world, endpoint).send(badge_world.http).json()
    by_password = badge_world.sign_in(endpoint).send(badge_world.http).json()
    assert list(by_badge) == list(by_password)
    assert [event.grant for event in history()] == ["badge", "password"]
    assert history()[0].account == "admin"


@on_each_endpoint
def test_its_refresh_tokens_refresh(endpoint: Endpoint, badge_world: World) -> None:
    wire = show_badge(badge_world, endpoint).with_params(scope=" ".join(SCOPES) if endpoint.standard else "all")
    tokens = wire.send(badge_world.http).json()
    assert badge_world.refresh(endpoint, tokens["refresh_token"]).send(badge_world.http).status_code == 200


@on_each_endpoint
def test_its_refusals_are_answered_and_remembered(endpoint: Endpoint, badge_world: World) -> None:
    assert_refused(endpoint, show_badge(badge_world, endpoint, "nobody").send(badge_world.http), 400, "invalid_grant")
    assert reasons() == ["badge_unknown"]


@on_each_endpoint
def test_goes_through_the_common_refusals(endpoint: Endpoint, badge_world: World) -> None:
    wire = show_badge(badge_world, endpoint)
    for damaged, error in (
        (wire.without("username"), "invalid_request"),
        (wire.again("username"), "invalid_request"),
        (wire.with_params(scope="admin"), "invalid_scope"),
        (wire.by(badge_world.make_client("other")), "unauthorized_client"),
    ):
        assert_refused(endpoint, damaged.send(badge_world.http), 400, error)


@on_each_endpoint
def test_sees_only_what_it_declared(endpoint: Endpoint, badge_world: World) -> None:
    wire = show_badge(badge_world, endpoint).with_params(refresh_token="x", captchaKey="y", user="z")
    assert wire.send(badge_world.http).status_code == 200
    assert dict(_shown[-1].params) == {"username": "admin"}
    assert _shown[-1].password is None


@on_each_endpoint
def test_a_grant_that_the_document_has_no_words_for_is_unsupported(endpoint: Endpoint, badge_world: World) -> None:
    wire = endpoint.request(badge_world.app, grant_type="car", licence_plate="沪A00001", scope="all")
    assert_refused(endpoint, wire.send(badge_world.http), 400, "unsupported_grant_type")


def test_without_its_line_it_is_unknown(badge_world: World) -> None:
    badge_world.settings.ROOT_URLCONF = "config.urls"
    for endpoint in (BLADE[0], CONNECT):
        response = show_badge(badge_world, endpoint).send(badge_world.http)
        assert_refused(endpoint, response, 400, "unsupported_grant_type")
