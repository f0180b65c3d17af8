"""Says what this provider can do (OpenID Connect Discovery section 3, RFC 8414). It must say nothing that is not so."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from oauthx.authorize.request import RESPONSE_MODES
from oauthx.choices import scope_choices
from oauthx.connect.userinfo import CLAIMS_OF_SCOPE
from oauthx.dialects.connect import CONNECT
from oauthx.dialects.reading import issuer_of
from oauthx.grants import GRANTS


@csrf_exempt
@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """The metadata, at both well-known addresses."""
    issuer = issuer_of(request)
    addresses = {
        "authorization_endpoint": "authorize",
        "token_endpoint": "connect-token",
        "userinfo_endpoint": "userinfo",
        "introspection_endpoint": "introspect",
        "revocation_endpoint": "revocation",
        "jwks_uri": "jwks",
    }
    claims = {name for claims in CLAIMS_OF_SCOPE.values() for name in claims}
    methods = ["client_secret_basic", "client_secret_post"]
    metadata = {
        "issuer": issuer,
        **{name: f"{issuer}{reverse(f'oauthx:{address}')}" for name, address in addresses.items()},
        "scopes_supported": [name for name, _label in scope_choices()],
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": [grant.name for grant in GRANTS if CONNECT.speaks(grant)],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [CONNECT.algorithm],
        "token_endpoint_auth_methods_supported": [*methods, "none"],
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": [*methods, "none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": sorted(
            {"sub", "iss", "aud", "exp", "iat", "auth_time", "amr", "nonce", "at_hash", *claims}
        ),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["zh-Hans", "en"],
    }
    response = JsonResponse(metadata)
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response
