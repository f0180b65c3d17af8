"""REST framework resources of the project: a token of any dialect opens them, and only while it stands."""

import pytest
from django.test import Client as HttpClient
from django.urls import path
from oauth2_provider.contrib.rest_framework.authentication import OAuth2Authentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from config import urls as config_urls
from oauthx.models import TokenFamily
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Resource(APIView):
    """A resource that says nothing of authentication: the project's defaults decide."""

    def get(self, request: Request) -> Response:
        return Response({"user": request.user.pk})


class ToolkitResource(Resource):
    """A resource that uses django-oauth-toolkit's own authentication: its tables are the one truth."""

    authentication_classes = (OAuth2Authentication,)


urlpatterns = [
    *config_urls.urlpatterns,
    path("resource", Resource.as_view()),
    path("toolkit", ToolkitResource.as_view()),
]


@pytest.fixture
def token(client: HttpClient) -> str:
    tenant = factories.make_tenant()
    factories.make_user(tenant, id=7)
    factories.make_saber(tenant)
    form = {"grant_type": "password", "username": "admin", "password": factories.ADMIN_MD5, "scope": "all"}
    basic = {"Authorization": "Basic c2FiZXI6Y2Ftc19zYWJlcl9zZWNyZXQ="}
    answer: str = client.post("/cams-auth/oauth/token", form, headers=basic).json()["access_token"]
    return answer


@pytest.mark.parametrize("header", ["Authorization", "Blade-Auth"])
def test_a_token_opens_a_resource(client: HttpClient, token: str, header: str) -> None:
    assert client.get("/resource", headers={header: f"Bearer {token}"}).json() == {"user": 7}


def test_without_a_token_or_with_a_wrong_one_it_is_401(client: HttpClient, token: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {token}x"}):
        response = client.get("/resource", headers=headers)
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_an_ended_session_closes_it_at_once(client: HttpClient, token: str) -> None:
    TokenFamily.objects.get().end("console")
    assert client.get("/resource", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_toolkits_own_authentication_knows_our_tokens_and_their_end(client: HttpClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/toolkit", headers=headers).json() == {"user": 7}
    TokenFamily.objects.get().end("console")
    assert client.get("/toolkit", headers=headers).status_code in {401, 403}


def test_the_toolkits_own_authentication_refuses_a_disabled_user(client: HttpClient, token: str) -> None:
    User.objects.update(is_active=False)
    assert client.get("/toolkit", headers={"Authorization": f"Bearer {token}"}).status_code in {401, 403}
