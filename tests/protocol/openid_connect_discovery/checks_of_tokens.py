"""A check for each list about tokens: grants, ways to authenticate, algorithms, claims. See checks_of_endpoints.py."""

import json
import secrets
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from joserfc import jwk, jwt

from accounts.models import Dept, Directory, Post, Role, SocialIdentity, User, WechatApp
from tests.contract.wire import Credentials, Wire
from tests.contract.world import World
from tests.directory import people, stub
from tests.directory.certificates import Authority
from tests.oauthx.sms_calls import E164, code_for, prints_codes
from tests.protocol.code_flow import Flow
from tests.protocol.openid_connect_discovery.checks_of_endpoints import Check
from tests.protocol.openid_connect_discovery.provider import Provider
from tests.protocol.tokens import claims_of, verified

# --- Grants -----------------------------------------------------------------------------------------------------------


def by_refresh(provider: Provider, flow: Flow) -> Any:
    refresh_token = provider.tokens(flow, scope="openid offline_access")["refresh_token"]
    return provider.token_request(flow.app, grant_type="refresh_token", refresh_token=refresh_token)


def by_device_code(provider: Provider, flow: Flow) -> Any:
    """A device that nobody has answered yet is told to wait: the grant is spoken."""
    codes = provider.post("device_authorization_endpoint", {"scope": "openid"}, flow.app).json()
    return provider.token_request(
        flow.app, grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=codes["device_code"]
    )


def by_sms(provider: Provider, flow: Flow) -> Wire:
    """With the code of a message that a development set-up prints."""
    User.objects.filter(pk=provider.world.admin.pk).update(phone=E164)
    prints_codes(provider.world)
    return provider.token_request(flow.app, grant_type="sms", phone=E164, sms=code_for(provider.world, app=flow.app))


def by_wechat(provider: Provider, flow: Flow) -> Any:
    """By the word of a client that may vouch: no WeChat is asked."""
    admin, client = provider.world.admin, provider.world.of(flow.app)
    app = WechatApp.objects.create(tenant=admin.tenant, name="app", app_id="wx1")
    SocialIdentity.objects.create(tenant=admin.tenant, user=admin, provider="wechat", app="wx1", openid="openid-1")
    client.wechat_app, client.vouches_for_wechat = app, True
    client.save()
    return provider.token_request(flow.app, grant_type="wechat", openId="openid-1")


def by_directory(provider: Provider, flow: Flow) -> Wire:
    """With a small server in place of the domain controller: no more of it is needed to prove one person."""
    folder = Path(provider.beside.enter_context(TemporaryDirectory()))
    authority = Authority.new()
    server = provider.beside.enter_context(stub.serving(authority.issue(folder, address="127.0.0.1")))
    dn = f"CN=Sam,{people.BASE}"
    server.passwords = {people.SERVICE: people.SERVICE_PASSWORD, dn: people.PASSWORD}
    server.entries = lambda: [stub.person("sam", dn, UUID(int=7))]
    provider.world.settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    Directory.objects.create(
        tenant=provider.world.tenant, name="AD", servers=server.url, ca_certificates=authority.pem,
        base_dn=people.BASE, service_account=people.SERVICE, service_password=people.SERVICE_PASSWORD,
    )  # fmt: skip
    return provider.token_request(flow.app, grant_type="password_ad", username="sam", password=people.PASSWORD)


# How each grant is used; a refusal that only its own grant can give will do where a person must act first.
GRANTS: dict[str, Callable[[Provider, Flow], Wire]] = {
    "authorization_code": lambda provider, flow: provider.token_request(
        flow.app,
        grant_type="authorization_code",
        code=flow.code(),
        redirect_uri=flow.request()["redirect_uri"],
        code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    "refresh_token": by_refresh,
    "client_credentials": lambda provider, flow: provider.token_request(flow.app, grant_type="client_credentials"),
    "password": lambda provider, flow: provider.token_request(
        flow.app, grant_type="password", username="admin", password="admin"
    ),
    "urn:ietf:params:oauth:grant-type:device_code": by_device_code,
    "sms": by_sms,
    "wechat": by_wechat,
    "password_ad": by_directory,
}


def grant_types_supported(provider: Provider, values: Sequence[str]) -> None:
    """Each brings tokens; another is unsupported."""
    flow = provider.flow()
    assert set(values) <= set(GRANTS), "say in GRANTS how it is used"
    for grant in values:
        body = GRANTS[grant](provider, flow).send(provider.world.http).json()
        assert "access_token" in body or body["error"] == "authorization_pending", (grant, body)
    for grant in {"implicit", "urn:ietf:params:oauth:grant-type:token-exchange", *GRANTS} - set(values):
        refused = provider.token_request(flow.app, grant_type=grant).send(provider.world.http).json()
        assert refused["error"] == "unsupported_grant_type", grant


# --- Client authentication --------------------------------------------------------------------------------------------

CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


@cache
def key_for(algorithm: str) -> Any:
    """A key pair that can sign with this algorithm."""
    if algorithm == "EdDSA":
        return jwk.OKPKey.generate_key("Ed25519")
    return jwk.ECKey.generate_key(CURVES[algorithm]) if algorithm in CURVES else jwk.RSAKey.generate_key(2048)


ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def with_assertion(provider: Provider, algorithm: str) -> tuple[Credentials, dict[str, str]]:
    """A client with a key of its own, and what it sends in place of a secret (OpenID Connect Core section 9)."""
    key = key_for(algorithm)
    public = {**key.as_dict(private=False), "kid": "1", "alg": algorithm, "use": "sig"}
    name = f"with-{algorithm}-{secrets.token_hex(4)}"
    client = provider.world.make_client(name, authenticates_by="private_key_jwt", jwks={"keys": [public]})
    now = int(provider.world.clock().timestamp())
    claims = {
        "iss": name,
        "sub": name,
        "aud": provider.said["issuer"],
        "jti": secrets.token_hex(16),
        "iat": now,
        "exp": now + 60,
    }
    assertion = jwt.encode({"alg": algorithm, "kid": "1"}, claims, key, algorithms=[algorithm])
    return client, {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


def authenticated_by(provider: Provider, method: str) -> tuple[Credentials | None, dict[str, str]]:
    """Credentials for a Basic header, if that is the method, and the parameters for the body."""
    world: World = provider.world
    if method == "client_secret_basic":
        return world.app, {}
    if method == "client_secret_post":
        return None, {"client_id": world.app[0], "client_secret": world.app[1]}
    if method == "none":
        return None, {"client_id": world.make_client(f"public-{secrets.token_hex(4)}", client_type="public")[0]}
    assert method == "private_key_jwt", f"{method}: say here how a client does it"
    return None, with_assertion(provider, "RS256")[1]


# A harmless request to each endpoint that authenticates clients.
QUESTIONS = {
    "token": {"grant_type": "password", "username": "admin", "password": "admin"},
    "introspection": {"token": "unknown"},
    "revocation": {"token": "unknown"},
}
METHODS = ("client_secret_basic", "client_secret_post", "none")


def auth_methods_of(endpoint: str) -> Check:
    """A check that each method listed for this endpoint authenticates there, and those not listed do not."""

    def check(provider: Provider, values: Sequence[str]) -> None:
        for method in dict.fromkeys([*METHODS, *values]):
            client, params = authenticated_by(provider, method)
            response = provider.post(f"{endpoint}_endpoint", {**QUESTIONS[endpoint], **params}, client)
            assert (response.status_code == 200) == (method in values), (method, response.content)

    return check


def auth_algorithms_of(endpoint: str) -> Check:
    """A check that an assertion signed with each algorithm listed for this endpoint authenticates there."""

    def check(provider: Provider, values: Sequence[str]) -> None:
        assert "none" not in values
        for algorithm in values:
            _client, params = with_assertion(provider, algorithm)
            response = provider.post(f"{endpoint}_endpoint", {**QUESTIONS[endpoint], **params})
            assert response.status_code == 200, (algorithm, response.content)

    return check


# --- Signatures and claims --------------------------------------------------------------------------------------------


def id_token_signing_alg_values_supported(provider: Provider, values: Sequence[str]) -> None:
    """A client that wants it gets ID tokens signed with it, by a published key."""
    assert "RS256" in values
    assert "none" not in values
    for algorithm in values:
        tokens = provider.tokens(provider.flow(f"app-{algorithm}", algorithm=algorithm))
        assert verified(provider.world, tokens["id_token"]).header["alg"] == algorithm


def userinfo_signing_alg_values_supported(provider: Provider, values: Sequence[str]) -> None:
    for algorithm in values:
        tokens = provider.tokens(provider.flow(f"app-{algorithm}", userinfo_algorithm=algorithm))
        response = provider.get("userinfo_endpoint", tokens["access_token"])
        assert response["Content-Type"] == "application/jwt"
        assert verified(provider.world, response.content.decode()).header["alg"] == algorithm


def subject_types_supported(provider: Provider, values: Sequence[str]) -> None:
    """public: two clients are told the same sub."""
    assert values == ["public"], "say here what sets the others apart"
    flows = [provider.flow(name) for name in ("one", "two")]
    subs = {claims_of(provider.world, provider.tokens(flow)["id_token"])["sub"] for flow in flows}
    assert len(subs) == 1


def acr_values_supported(provider: Provider, values: Sequence[str]) -> None:
    """Who asks for one gets it."""
    flow = provider.flow()
    for acr in values:
        assert claims_of(provider.world, provider.tokens(flow, acr_values=acr)["id_token"])["acr"] == acr


def claim_types_supported(provider: Provider, values: Sequence[str]) -> None:
    assert values == ["normal"]
    said = provider.get("userinfo_endpoint", provider.tokens(provider.flow())["access_token"]).json()
    assert "_claim_names" not in said


def claims_supported(provider: Provider, values: Sequence[str]) -> None:
    """Each can be got, in the ID token or at userinfo, of a person of whom everything is known; and no other there."""
    world = provider.world
    company = Dept.objects.create(tenant=world.tenant, name="公司", category="company")
    role = Role.objects.create(tenant=world.tenant, name="r", alias="boss")
    post = Post.objects.create(tenant=world.tenant, code="p", name="p")
    world.admin.assign(roles=[role], posts=[post], depts=[company])
    tokens = provider.tokens(provider.flow(), scope=" ".join(provider.said["scopes_supported"]))
    at_userinfo = set(provider.get("userinfo_endpoint", tokens["access_token"]).json())
    in_id_token = set(claims_of(world, tokens["id_token"]))
    assert set(values) - at_userinfo - in_id_token == set(), "advertised, and never told"
    assert at_userinfo - set(values) == set(), "told, and not advertised"


def claims_parameter_supported(provider: Provider, value: bool) -> None:
    """Whether a claim that is asked for by name comes, though its scope was not."""
    flow = provider.flow()
    wanted = json.dumps({"userinfo": {"email": None}})
    tokens = provider.tokens(flow, scope="openid", claims=wanted)
    assert ("email" in provider.get("userinfo_endpoint", tokens["access_token"]).json()) == value


TOKENS: dict[str, Check] = {
    "grant_types_supported": grant_types_supported,
    **{f"{name}_endpoint_auth_methods_supported": auth_methods_of(name) for name in QUESTIONS},
    **{f"{name}_endpoint_auth_signing_alg_values_supported": auth_algorithms_of(name) for name in QUESTIONS},
    "id_token_signing_alg_values_supported": id_token_signing_alg_values_supported,
    "userinfo_signing_alg_values_supported": userinfo_signing_alg_values_supported,
    "subject_types_supported": subject_types_supported,
    "acr_values_supported": acr_values_supported,
    "claim_types_supported": claim_types_supported,
    "claims_supported": claims_supported,
    "claims_parameter_supported": claims_parameter_supported,
}
