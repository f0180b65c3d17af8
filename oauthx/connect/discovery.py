"""Says what this provider can do (OpenID Connect Discovery section 3, RFC 8414). It must say nothing that is not so."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from oauthx.authorize.request import DISPLAYS, PROMPTS, RESPONSE_MODES
from oauthx.choices import scope_choices
from oauthx.claims import ACR
from oauthx.dialects.connect import CONNECT
from oauthx.dialects.reading import issuer_of
from oauthx.grants import GRANTS
from oauthx.key_sets import KEY_KINDS
from oauthx.models.client import ALGORITHMS
from oauthx.standard_claims import SCOPE_OF_CLAIM


@csrf_exempt
@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """The metadata, at both well-known addresses."""
    issuer = issuer_of(request)
    addresses = {
        "authorization_endpoint": "authorize",
        "pushed_authorization_request_endpoint": "par",
        "token_endpoint": "connect-token",
        "userinfo_endpoint": "userinfo",
        "introspection_endpoint": "introspect",
        "revocation_endpoint": "revocation",
        "device_authorization_endpoint": "deviceauthorization",
        "end_session_endpoint": "end-session",
        "jwks_uri": "jwks",
    }
    algorithms = [name for name, _label in ALGORITHMS]
    of_tokens = {"sub", "iss", "aud", "exp", "iat", "jti", "auth_time", "amr", "acr", "sid", "nonce", "at_hash"}
    metadata = {
        "issuer": issuer,
        **{name: f"{issuer}{reverse(f'oauthx:{address}')}" for name, address in addresses.items()},
        "scopes_supported": [name for name, _label in scope_choices()],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": [grant.name for grant in GRANTS if CONNECT.speaks(grant)],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        **_client_authentication(),
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": sorted({*of_tokens, *SCOPE_OF_CLAIM}),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": list(PROMPTS),
        "display_values_supported": list(DISPLAYS),
        "acr_values_supported": [ACR],
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": ["zh-Hans", "en"],
    }
    response = JsonResponse(metadata)
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _client_authentication() -> dict[str, list[str]]:
    """How clients prove themselves, at each endpoint that asks them to; those without names here follow the first."""
    methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
    by_endpoint = {"token": [*methods, "none"], "introspection": methods, "revocation": [*methods, "none"]}
    return {
        **{f"{name}_endpoint_auth_methods_supported": names for name, names in by_endpoint.items()},
        **{f"{name}_endpoint_auth_signing_alg_values_supported": list(KEY_KINDS) for name in by_endpoint},
    }
