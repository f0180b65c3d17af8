"""Which of a client's settings are refused together, and that what the guided form begins with is never among them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from oauthx.choices import DEVICE_CODE
from oauthx.combinations import chosen_dialects, chosen_grants, speakers_of
from oauthx.guide.kinds import KINDS
from oauthx.models import Client
from tenants.models import Tenant
from tests.protocol.key_holder import ec_key, key_set

AMS: dict[str, Any] = {"dialects": ["ams-auth"], "grant_types": ["password"], "scopes": ["all"]}
CONNECT: dict[str, Any] = {"dialects": ["connect"], "grant_types": ["password"], "scopes": ["openid"]}
SERVICE: dict[str, Any] = {"dialects": ["connect"], "grant_types": ["client_credentials"], "scopes": ["all"]}


def errors_of(**fields: Any) -> dict[str, list[str]]:
    """What `clean` refuses, by field."""
    try:
        Client(client_id="app", name="app", **fields).clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.parametrize("fields", [AMS, CONNECT, SERVICE], ids=["ams", "connect", "service"])
def test_takes_what_works(fields: dict[str, Any]) -> None:
    assert errors_of(**fields) == {}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({**AMS, "grant_types": ["password", "client_credentials"]}, "grant_types", "/connect/token"),
        ({**AMS, "grant_types": ["password", DEVICE_CODE]}, "grant_types", "/connect/token"),
        ({**AMS, "grant_types": ["password", "password_ad"]}, "grant_types", "/connect/token"),
        ({**CONNECT, "grant_types": ["password", "captcha"]}, "grant_types", "/ams-auth/oauth/token"),
        ({**SERVICE, "dialects": ["connect", "ams-auth"]}, "dialects", "/ams-auth/oauth/token"),
        ({**AMS, "grant_types": ["refresh_token"]}, "grant_types", "people"),
        ({**SERVICE, "grant_types": ["client_credentials", "refresh_token"]}, "grant_types", "people"),
        ({**CONNECT, "grant_types": ["password", "refresh_token"]}, "scopes", "offline_access"),
        ({**CONNECT, "scopes": ["openid", "offline_access"]}, "scopes", "offline_access"),
        ({**AMS, "scopes": []}, "scopes", "/ams-auth/oauth/token"),
        ({**SERVICE, "scopes": ["all", "openid", "profile"]}, "scopes", "openid, profile"),
        ({**SERVICE, "client_type": "public"}, "client_type", ""),
        ({**CONNECT, "algorithm": ""}, "algorithm", "openid"),
        (
            {**AMS, "authenticates_by": "private_key_jwt", "jwks": key_set(ec_key())},
            "authenticates_by",
            "/ams-auth/oauth/token",
        ),
    ],
)
def test_refuses_what_could_never_work_and_says_why_at_its_field(
    fields: dict[str, Any], field: str, words: str
) -> None:
    with translation.override("en"):
        errors = errors_of(**fields)
    assert field in errors
    assert words in " ".join(errors[field])


@pytest.mark.parametrize(
    "fields",
    [
        {**CONNECT, "grant_types": ["password", "refresh_token"], "scopes": ["openid", "offline_access"]},
        {**AMS, "grant_types": ["password", "refresh_token"]},
        {**AMS, "dialects": ["ams-auth", "connect"], "grant_types": ["password", "client_credentials"]},
        {**AMS, "dialects": ["ams-auth", "connect"], "grant_types": ["password", "captcha", "refresh_token"]},
        {**SERVICE, "authenticates_by": "private_key_jwt", "jwks": key_set(ec_key())},
        {**AMS, "client_type": "public"},
        {**SERVICE, "scopes": []},
    ],
)
def test_refuses_no_more_than_that(fields: dict[str, Any]) -> None:
    assert errors_of(**fields) == {}


@pytest.mark.parametrize("values", [{"dialects": 7}, {"grant_types": None}, {"scopes": "all"}, {"dialects": [[], 1]}])
def test_nonsense_is_refused_and_breaks_nothing(values: dict[str, Any]) -> None:
    assert set(values) <= set(errors_of(**{**AMS, **values}))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.presets], ids=lambda kind: kind.name)
def test_what_a_kind_begins_with_works(kind: Any) -> None:
    fields = kind.initial()
    if "authorization_code" in fields["grant_types"]:
        assert set(errors_of(**fields)) == {"redirect_uris"}
        fields["redirect_uris"] = "https://app.example/callback"
    client = Client(client_id="app", name="app", tenant=Tenant(pk=1), **fields)
    client.clean()
    for grant in chosen_grants(client):
        assert any(dialect in speakers_of(grant) for dialect in chosen_dialects(client))
