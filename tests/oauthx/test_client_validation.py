"""What a client's form refuses about keys and addresses, each at its field."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from oauthx.models import Client
from tests.protocol.key_holder import ec_key, key_set, rsa_key


def errors_of(**fields: Any) -> set[str]:
    """The fields at which `clean` finds something."""
    client = Client(
        client_id="app", name="app", dialects=["connect"], grant_types=["password"], scopes=["all"], **fields
    )
    try:
        client.clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


BY_KEY = {"authenticates_by": "private_key_jwt"}


@pytest.mark.parametrize(
    "fields",
    [
        {"jwks": key_set(ec_key())},
        {"jwks": key_set(rsa_key(), ec_key("second"))},
        {"jwks": key_set(ec_key(), use="sig", alg="ES256")},
        {"jwks_uri": "https://app.example/keys"},
        {"jwks_uri": "http://127.0.0.1:9000/keys?a=b"},
        {"jwks_uri": "http://localhost/keys"},
        {"jwks_uri": "http://[::1]:80/keys"},
    ],
)
def test_a_client_with_a_key_has_a_key_set_or_its_address(fields: dict[str, Any]) -> None:
    assert errors_of(**BY_KEY, **fields) == set()


def test_needs_one_of_them_and_takes_no_two() -> None:
    assert errors_of(**BY_KEY) == {"jwks"}
    assert errors_of(**BY_KEY, jwks={}) == {"jwks"}
    assert errors_of(**BY_KEY, jwks=key_set(ec_key()), jwks_uri="https://app.example/keys") == {"jwks_uri"}


def test_a_public_client_cannot_prove_itself() -> None:
    assert errors_of(**BY_KEY, client_type="public", jwks=key_set(ec_key())) == {"authenticates_by"}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"keys": []},
        {"keys": "x"},
        {"keys": [{}]},
        {"kty": "EC"},
        "text",
        7,
        key_set(ec_key(), use="enc"),
        key_set(rsa_key("short", 1024)),
        {"keys": [{**key_set(ec_key())["keys"][0], "y": "AAAA"}]},
    ],
    ids=["list", "empty", "text in it", "nothing in it", "a key", "text", "number", "enc", "short", "off the curve"],
)
def test_a_key_set_must_hold_a_key_that_can_be_used(document: Any) -> None:
    assert errors_of(**BY_KEY, jwks=document) == {"jwks"}


@pytest.mark.parametrize(
    "jwk",
    [ec_key().as_dict(private=True), rsa_key().as_dict(private=True), {"kty": "oct", "k": "c2VjcmV0"}],
    ids=["EC", "RSA", "oct"],
)
def test_no_private_half_is_stored(jwk: Any) -> None:
    """Also for a client that has a secret: whoever reads the database must learn no key."""
    together = {"keys": [*key_set(ec_key())["keys"], jwk]}
    for fields in (BY_KEY, {}):
        with pytest.raises(ValidationError) as caught:
            Client(client_id="app", name="app", jwks=together, **fields).clean()
        assert "jwks" in caught.value.message_dict
        assert not any(
            str(jwk.get(name)) in json.dumps(caught.value.message_dict) for name in ("d", "k") if name in jwk
        )


ADDRESSES = ("jwks_uri", "frontchannel_logout_uri", "backchannel_logout_uri")


@pytest.mark.parametrize("field", ADDRESSES)
@pytest.mark.parametrize(
    "address",
    [
        "http://app.example/path",
        "http://10.0.0.1/path",
        "http://localhost.example/",
        "ftp://app.example/",
        "javascript:alert(1)",
        "app.example/path",
        "//app.example/",
        "https://",
        "https:///path",
        "https://app.example/#part",
        "https://app.example/#",
        "https://user:password@app.example/",
        "https://user@app.example/",
        "https://app.example:port/",
        "https://app.example:99999/",
        "https://[::1/",
        "https://app.example/a b",
        "https://app.example/\n",
        "https://例子.example/",
    ],
)
def test_addresses_are_https_or_loopback(field: str, address: str) -> None:
    assert errors_of(**{field: address}) == {field}


@pytest.mark.parametrize("field", ADDRESSES)
@pytest.mark.parametrize(
    "address", ["", "https://app.example", "https://app.example:8443/a/b?c=d", "https://10.0.0.1/", "http://127.0.0.1/"]
)
def test_takes_every_good_address(field: str, address: str) -> None:
    assert errors_of(**{field: address}) == set()
