"""REST framework resources behind our tokens: any dialect's token opens them, and a refusal is REST framework's own."""

from typing import Any

import pytest
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.contract.wire import AMS_AUTH, CONNECT, ENDPOINTS, Endpoint, basic
from tests.contract.world import World


class Orders(APIView):
    """A resource with this installation's defaults."""

    def get(self, request: Request) -> Response:
        bearer: Any = request.user
        return Response({"user": bearer.pk, "client": bearer.client.client_id})


class Menu(APIView):
    """A resource for everybody."""

    permission_classes = ()

    def get(self, request: Request) -> Response:
        return Response({"anonymous": request.user is None})


urlpatterns = [path("orders", Orders.as_view()), path("menu", Menu.as_view()), path("", include("oauthx.urls"))]
pytestmark = pytest.mark.urls(__name__)


def ask(world: World, headers: dict[str, str], resource: str = "/orders") -> Any:
    return world.http.get(resource, headers=headers)


@pytest.mark.parametrize("header", ["Blade-Auth", "Authorization"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_opens_to_the_token_of_every_endpoint_in_either_header(endpoint: Endpoint, header: str, world: World) -> None:
    token = world.tokens(endpoint)["access_token"]
    response = ask(world, {header: f"Bearer {token}"})
    assert response.status_code == 200
    assert response.json() == {"user": world.admin.pk, "client": "app"}


def test_opens_to_a_client_of_its_own(world: World) -> None:
    token = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    assert ask(world, {"Authorization": f"Bearer {token}"}).json() == {"user": None, "client": "app"}


def test_ignores_the_clients_basic_beside_blade_auth(world: World) -> None:
    token = world.tokens(AMS_AUTH)["access_token"]
    assert ask(world, {"Blade-Auth": token, "Authorization": basic(*world.app)}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Blade-Auth": "nonsense"},
        {"Authorization": basic("app", "x")},
        {"Blade-Auth": "one", "Authorization": "Bearer other"},
        {"Blade-Auth": "\xf0\xa0\xae\xb7"},
    ],
    ids=["nothing", "bearer", "blade", "basic", "two tokens", "four-byte characters"],
)
def test_refuses_with_401_and_a_challenge(headers: dict[str, str], world: World) -> None:
    response = ask(world, headers)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer ")


def test_refuses_a_session_cookie(world: World) -> None:
    world.http.force_login(world.admin)
    assert ask(world, {}).status_code == 401


def test_a_resource_for_everybody_still_refuses_a_bad_token(world: World) -> None:
    assert ask(world, {}, "/menu").json() == {"anonymous": True}
    assert ask(world, {"Blade-Auth": "nonsense"}, "/menu").status_code == 401


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_closes_at_once_after_logout(endpoint: Endpoint, world: World) -> None:
    headers = {"Blade-Auth": world.tokens(endpoint)["access_token"]}
    assert ask(world, headers).status_code == 200
    world.http.post("/cams-auth/oauth/logout", headers=headers)
    assert ask(world, headers).status_code == 401


def test_a_refresh_token_opens_nothing(world: World) -> None:
    for endpoint in ENDPOINTS:
        token = world.tokens(endpoint)["refresh_token"]
        assert ask(world, {"Blade-Auth": token}).status_code == 401
