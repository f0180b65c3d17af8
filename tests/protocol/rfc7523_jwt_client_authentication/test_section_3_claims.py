"""RFC 7523 section 3, items 1 to 8: what a JWT must say before it is believed."""

from dataclasses import replace

import pytest

from oauthx.cleanup import clear_expired
from tests.contract.wire import CONNECT
from tests.protocol.key_holder import ISSUER, TOKEN_ENDPOINT, KeyHolder, ec_key, holder, key_set

__all__ = ["holder"]


# --- 1, 2: issuer and subject -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["iss", "sub"])
@pytest.mark.parametrize("value", [None, "", 7, ["holder"], {}, True, "x" * 256, "hol\x00der", "\ud800"])
@pytest.mark.must("RFC 7523", "3", "iss is required")
@pytest.mark.must("RFC 7523", "3", "sub is required")
def test_iss_and_sub_must_be_there_as_text(holder: KeyHolder, claim: str, value: object) -> None:
    params = {"grant_type": "client_credentials", "client_id": "holder"}
    assert holder.is_refused("client_assertion_malformed", holder.assertion(**{claim: value}), **params)


@pytest.mark.parametrize("claim", ["iss", "sub"])
@pytest.mark.must("RFC 7523", "3", "sub is the client_id")
@pytest.mark.must("OpenID Connect Core", "9", "iss and sub are the client_id")
def test_iss_and_sub_must_both_be_the_client(holder: KeyHolder, claim: str) -> None:
    params = {"grant_type": "client_credentials", "client_id": "holder"}
    assert holder.is_refused("client_assertion_malformed", holder.assertion(**{claim: "app"}), **params)
    assert holder.is_refused("client_assertion_mismatch", holder.assertion(iss="app", sub="app"), **params)


# --- 3: the audience --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", [ISSUER, [ISSUER], TOKEN_ENDPOINT, [TOKEN_ENDPOINT]])
def test_takes_the_issuer_and_the_token_endpoint_as_the_audience(holder: KeyHolder, audience: object) -> None:
    assert holder.ask(holder.assertion(aud=audience)).status_code == 200


@pytest.mark.parametrize(
    "audience",
    [
        None,
        "",
        [],
        7,
        {"a": ISSUER},
        [[ISSUER]],
        "https://other.example",
        f"{ISSUER}/",
        ISSUER.upper(),
        f"{ISSUER}/connect",
        f"{ISSUER}/connect/revocation",
    ],
)
@pytest.mark.must("RFC 7523", "3", "aud is required, and identifies this server")
def test_aud_must_identify_this_server(holder: KeyHolder, audience: object) -> None:
    assert holder.is_refused("client_assertion_audience", holder.assertion(aud=audience))


@pytest.mark.must("RFC 7523", "3", "aud is required, and identifies this server")
def test_this_server_must_be_the_sole_audience(holder: KeyHolder) -> None:
    """draft-ietf-oauth-rfc7523bis: the other one could use it here."""
    for other in ("https://other.example/token", TOKEN_ENDPOINT):
        assert holder.is_refused("client_assertion_audience", holder.assertion(aud=[ISSUER, other]))


def test_an_endpoint_takes_its_own_address_as_the_audience(holder: KeyHolder) -> None:
    """As RFC 9126 section 2 has it of its own."""
    token = holder.ask().json()["access_token"]
    assertion = holder.assertion(aud=f"{ISSUER}/connect/introspect")
    for path, status in (("/connect/revocation", 401), ("/connect/introspect", 200)):
        wire = holder.request(assertion, replace(CONNECT, path=path), token=token)
        assert wire.send(holder.world.http).status_code == status


@pytest.mark.parametrize("typ", ["client-authentication+jwt", "application/Client-Authentication+JWT"])
def test_the_explicit_type_takes_the_issuer_alone(holder: KeyHolder, typ: str) -> None:
    """draft-ietf-oauth-rfc7523bis section 4."""
    assert holder.ask(holder.headed(typ=typ)).status_code == 200
    named = holder.assertion(None, {"typ": typ}, aud=TOKEN_ENDPOINT)
    assert holder.is_refused("client_assertion_audience", named)


def test_the_issuer_is_the_one_of_the_settings(holder: KeyHolder) -> None:
    holder.world.settings.ISSUER_URL = "https://id.example"
    assert holder.is_refused("client_assertion_audience")
    for audience in ("https://id.example", "https://id.example/connect/token"):
        assert holder.ask(holder.assertion(aud=audience)).status_code == 200


# --- 4, 5, 6: its time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", "soon", [], {}, True, -1, float("nan"), float("inf"), 10**30, 10**400])
@pytest.mark.must("RFC 7523", "3", "exp is required")
@pytest.mark.must("OpenID Connect Core", "9", "exp is required")
def test_exp_must_be_there_as_a_number(holder: KeyHolder, value: object) -> None:
    assert holder.is_refused("client_assertion_malformed", holder.assertion(exp=value))


@pytest.mark.parametrize("seconds_ahead", [-31, -3600, 3632, 86400])
@pytest.mark.must("RFC 7523", "3", "a JWT whose exp has passed is rejected")
def test_an_expired_one_must_be_rejected_and_one_of_more_than_an_hour_is(holder: KeyHolder, seconds_ahead: int) -> None:
    assert holder.is_refused("client_assertion_untimely", holder.assertion(exp=holder.seconds(seconds_ahead)))


@pytest.mark.parametrize("seconds_ahead", [-29, 0, 0.5, 3600])
def test_clocks_may_differ_a_little(holder: KeyHolder, seconds_ahead: float) -> None:
    assert holder.ask(holder.assertion(exp=holder.seconds(seconds_ahead))).status_code == 200


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.must("RFC 7523", "3", "a JWT is not accepted before its nbf")
def test_one_whose_time_has_not_come_must_be_rejected(holder: KeyHolder, claim: str) -> None:
    assert holder.is_refused("client_assertion_untimely", holder.assertion(**{claim: holder.seconds(32)}))
    assert holder.ask(holder.assertion(**{claim: holder.seconds(29)})).status_code == 200


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize("value", ["now", [], True, float("nan"), 10**400])
def test_nbf_and_iat_are_numbers_if_they_are_there(holder: KeyHolder, claim: str, value: object) -> None:
    assert holder.is_refused("client_assertion_malformed", holder.assertion(**{claim: value}))


# --- 7: used once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", 7, ["x"], True, "x" * 256, "\ud800"])
@pytest.mark.must("OpenID Connect Core", "9", "jti is required")
def test_jti_must_be_there_as_text(holder: KeyHolder, value: object) -> None:
    """OpenID Connect Core section 9."""
    assert holder.is_refused("client_assertion_malformed", holder.assertion(jti=value))


@pytest.mark.must("OpenID Connect Core", "9", "an assertion is used once")
def test_a_jti_must_be_used_once(holder: KeyHolder) -> None:
    first = holder.assertion(jti="once")
    assert holder.ask(first).status_code == 200
    assert holder.is_refused("client_assertion_replayed", first)
    assert holder.is_refused("client_assertion_replayed", holder.assertion(jti="once", exp=holder.seconds(600)))
    assert holder.ask().status_code == 200


def test_a_jti_is_used_at_every_endpoint_at_once(holder: KeyHolder) -> None:
    token = holder.ask().json()["access_token"]
    assertion = holder.assertion()
    wire = holder.request(assertion, replace(CONNECT, path="/connect/introspect"), token=token)
    assert wire.send(holder.world.http).status_code == 200
    assert holder.is_refused("client_assertion_replayed", assertion)


def test_a_jti_is_known_as_long_as_the_assertion_could_be_used(holder: KeyHolder) -> None:
    assertion = holder.assertion(exp=holder.seconds(60))
    assert holder.ask(assertion).status_code == 200
    holder.world.pass_time(seconds=89)
    clear_expired(holder.world.clock())
    assert holder.is_refused("client_assertion_replayed", assertion)
    holder.world.pass_time(seconds=2)
    assert clear_expired(holder.world.clock()) == 1
    assert holder.is_refused("client_assertion_untimely", assertion)


def test_clients_share_no_jti(holder: KeyHolder) -> None:
    other = KeyHolder(
        holder.world,
        holder.world.make_client("other", authenticates_by="private_key_jwt", jwks=key_set(ec_key())),
        ec_key(),
    )
    assert holder.ask(holder.assertion(jti="same")).status_code == 200
    assert other.ask(other.assertion(jti="same")).status_code == 200


def test_a_forged_one_uses_up_nothing(holder: KeyHolder) -> None:
    assert holder.is_refused(
        "client_assertion_signature", holder.assertion(ec_key("forger"), {"kid": "first"}, jti="x")
    )
    assert holder.ask(holder.assertion(jti="x")).status_code == 200


# --- 8: other claims --------------------------------------------------------------------------------------------------


@pytest.mark.must("OpenID Connect Core", "9", "claims that are not understood are ignored")
def test_other_claims_are_ignored(holder: KeyHolder) -> None:
    assert holder.ask(holder.assertion(client_id="app", scope="all", nested={"a": [1]})).status_code == 200
