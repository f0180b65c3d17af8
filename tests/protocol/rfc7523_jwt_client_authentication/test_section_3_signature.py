"""RFC 7523 section 3, items 9 and 10: whose signature counts, and what is no JWT at all; 3.2: how it is refused."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

import pytest

from tests.protocol.key_holder import KeyHolder, ec_key, holder, key_set, rsa_key

__all__ = ["holder"]


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def with_keys(holder: KeyHolder, *keys: Any, **members: str) -> KeyHolder:
    """The same client with these keys instead."""
    client = holder.world.of(holder.app)
    client.jwks = key_set(*keys, **members)
    client.save()
    return KeyHolder(holder.world, holder.app, keys[0])


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
@pytest.mark.must("RFC 7523", "5", "RS256 is supported")
def test_takes_signatures_by_rsa_keys(holder: KeyHolder, algorithm: str) -> None:
    app = with_keys(holder, rsa_key())
    assert app.ask(app.headed(alg=algorithm)).status_code == 200


@pytest.mark.parametrize(("curve", "algorithm"), [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512")])
def test_takes_signatures_by_elliptic_curve_keys(holder: KeyHolder, curve: str, algorithm: str) -> None:
    with_keys(holder, ec_key(), ec_key("other", curve))
    assert holder.ask(holder.assertion(ec_key("other", curve), {"alg": algorithm})).status_code == 200


@pytest.mark.must("RFC 7523", "3", "the JWT is signed, and its signature is checked")
@pytest.mark.must("OpenID Connect Core", "9", "the signature is by a key that the client registered")
def test_must_be_signed_by_a_key_of_the_client(holder: KeyHolder) -> None:
    forger = ec_key("forger")
    for header in ({"kid": "forger"}, {"kid": "first"}, {"kid": None}):
        assert holder.is_refused("client_assertion_signature", holder.assertion(forger, header))


def test_a_key_in_the_assertion_itself_proves_nothing(holder: KeyHolder) -> None:
    forger = ec_key("forger")
    header = {"jwk": forger.as_dict(private=False), "kid": "first"}
    assert holder.is_refused("client_assertion_signature", holder.assertion(forger, header))


@pytest.mark.parametrize("change", ["signature", "short signature", "no signature", "claims", "header"])
@pytest.mark.must("RFC 7523", "3", "a JWT with an invalid signature is rejected")
def test_what_was_changed_on_the_way_must_be_rejected(holder: KeyHolder, change: str) -> None:
    header, claims, signature = holder.assertion().split(".")
    parts = {
        "signature": (header, claims, encode(secrets.token_bytes(64))),
        "short signature": (header, claims, encode(secrets.token_bytes(63))),
        "no signature": (header, claims, ""),
        "claims": (header, encode(json.dumps(holder.claims(scope="more")).encode()), signature),
        "header": (encode(b'{"alg":"ES256","kid":"first","x":1}'), claims, signature),
    }
    assert holder.is_refused("client_assertion_signature", ".".join(parts[change]))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "HS512", "EdDSA", "RS1", "", "ES256K", "RS256", "ES384"])
def test_no_other_algorithm_is_taken(holder: KeyHolder, alg: str) -> None:
    """Neither none, nor a secret, nor one that the client's key is not for."""
    claims = encode(json.dumps(holder.claims()).encode())
    header = encode(json.dumps({"alg": alg, "kid": "first"}).encode())
    for signature in ("", encode(secrets.token_bytes(64))):
        assert holder.is_refused("client_assertion_signature", f"{header}.{claims}.{signature}")


def test_the_public_key_is_no_shared_secret(holder: KeyHolder) -> None:
    """Signed with HS256 and the bytes of a public key that everybody knows (RFC 8725 section 2.1)."""
    app = with_keys(holder, rsa_key())
    signing_input = ".".join([encode(b'{"alg":"HS256","kid":"rsa"}'), encode(json.dumps(app.claims()).encode())])
    for secret in (rsa_key().as_pem(private=False), json.dumps(rsa_key().as_dict(private=False)).encode()):
        forged = encode(hmac.digest(secret, signing_input.encode(), hashlib.sha256))
        assert app.is_refused("client_assertion_signature", f"{signing_input}.{forged}")


@pytest.mark.parametrize("members", [{"use": "enc"}, {"alg": "ES384"}])
def test_a_key_for_something_else_proves_nothing(holder: KeyHolder, members: dict[str, str]) -> None:
    with_keys(holder, ec_key(), **members)
    assert holder.is_refused("client_assertion_signature")


def test_a_key_that_was_taken_out_proves_nothing_any_more(holder: KeyHolder) -> None:
    assert holder.ask().status_code == 200
    with_keys(holder, ec_key("second"))
    assert holder.is_refused("client_assertion_signature")
    assert holder.ask(holder.assertion(ec_key("second"))).status_code == 200


def test_without_a_key_id_every_key_of_the_client_is_tried(holder: KeyHolder) -> None:
    with_keys(holder, rsa_key(), ec_key("second"), ec_key())
    assert holder.ask(holder.headed(kid=None)).status_code == 200


GARBAGE = [
    "x",
    "..",
    "a.b",
    "a.b.c",
    "a.b.c.d.e",
    "eyJhbGciOiJFUzI1NiJ9..",
    "eyJhbGciOiJFUzI1NiJ9.e30.",
    f"{encode(b'[]')}.{encode(b'{}')}.",
    f"{encode(b'null')}.{encode(b'{}')}.",
    f"{encode(b'{')}.{encode(b'{}')}.",
    f"{encode(bytes([255, 254]))}.{encode(b'{}')}.",
    f"{encode(b'{}')}.{encode(b'{}')}.",
    *(
        f"{encode(header)}.{encode(claims)}.{encode(bytes(64))}"
        for header, claims in [
            (b'{"alg":"ES256"}', b"[]"),
            (b'{"alg":"ES256"}', b"null"),
            (b'{"alg":"ES256"}', b'"text"'),
            (b'{"alg":"ES256"}', b"7"),
            (b'{"alg":"ES256"}', bytes([255, 254])),
            (b'{"alg":"ES256"}', b"[" * 5000),
            (b'{"alg":"ES256"}', b'{"iss":' + b"9" * 5000 + b"}"),
            (b'{"a":' * 900 + b"1", b"{}"),
            (b'{"alg":"ES256","kid":7}', b'{"iss":"holder","sub":"holder"}'),
            (b'{"alg":"ES256","crit":["x"]}', b'{"iss":"holder","sub":"holder"}'),
            (b'{"alg":"ES256","crit":[]}', b'{"iss":"holder","sub":"holder"}'),
            (b'{"alg":"ES256","b64":false,"crit":["b64"]}', b'{"iss":"holder","sub":"holder"}'),
            (b'{"alg":"ES256","typ":"at+jwt"}', b'{"iss":"holder","sub":"holder"}'),
            (b'{"alg":"ES256","typ":"logout+jwt"}', b'{"iss":"holder","sub":"holder"}'),
            (b'{"alg":"ES256","typ":7}', b'{"iss":"holder","sub":"holder"}'),
        ]
    ),
    "é.é.é",
    "eyJhbGciOiJFUzI1NiJ9 .e30.AA",
]


@pytest.mark.parametrize("header", [{"crit": ["b64"], "b64": True}, {"crit": []}])
def test_rules_that_are_not_known_here_are_not_passed_over(holder: KeyHolder, header: dict[str, object]) -> None:
    """RFC 7515 section 4.1.11. In all else the assertion is good, also for a library that knows `b64`."""
    params = {"grant_type": "client_credentials", "client_id": "holder"}
    assert holder.ask(**params).status_code == 200
    assert holder.is_refused("client_assertion_malformed", holder.headed(**header), **params)


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.must("RFC 7523", "3", "what is no valid JWT is rejected")
@pytest.mark.must("RFC 7523", "3.2", "an invalid assertion is invalid_client")
def test_what_is_no_valid_jwt_must_be_rejected(holder: KeyHolder, text: str) -> None:
    params = {"grant_type": "client_credentials", "client_id": "holder"}
    assert holder.is_refused("client_assertion_malformed", text, **params)


@pytest.mark.parametrize("header", [{"alg": 7}, {"alg": None}, {"alg": ["ES256"]}, {}])
def test_a_header_without_an_algorithm_must_be_rejected(holder: KeyHolder, header: dict[str, Any]) -> None:
    claims = encode(json.dumps(holder.claims()).encode())
    assert holder.is_refused("client_assertion_signature", f"{encode(json.dumps(header).encode())}.{claims}.AAAA")


def test_an_access_token_of_ours_is_no_assertion(holder: KeyHolder) -> None:
    token = holder.ask().json()["access_token"]
    params = {"grant_type": "client_credentials", "client_id": "holder"}
    assert holder.is_refused("client_assertion_malformed", token, **params)


@pytest.mark.must("RFC 7523", "3.2", "an invalid JWT is invalid_client")
def test_section_3_2_nothing_tells_a_stranger_what_was_wrong(holder: KeyHolder) -> None:
    """`is_refused` sees to it that every answer is the same; here: the same as that of a wrong secret."""
    wrong = holder.ask(holder.assertion(ec_key("forger")))
    client = holder.world.of(holder.app)
    client.authenticates_by = "secret"
    client.save()
    secret = holder.request("", grant_type="client_credentials", client_id="holder", client_secret="wrong")
    response = secret.without("client_assertion", "client_assertion_type").send(holder.world.http)
    assert (response.status_code, response.json()) == (wrong.status_code, wrong.json())
