"""Takes authorization requests that clients push ahead (RFC 9126). It must not know people or pages."""

from dataclasses import replace

from django.http import HttpResponse

from oauthx import cleanup
from oauthx.authorize.person import tenant_of
from oauthx.authorize.pushed import LIFETIME, push
from oauthx.authorize.request import (
    PARAMETERS,
    AuthorizationError,
    AuthorizationRequest,
    UntrustedRequestError,
    read_authorization_request,
)
from oauthx.dialects.base import json_response
from oauthx.dialects.connect import CONNECT
from oauthx.errors import PARAMETER_CONFLICT, PUSHED_REQUEST_REFUSED, OAuthError
from oauthx.models import Client
from oauthx.requests import WireRequest
from oauthx.views import ClientView


class PushedRequestView(ClientView):
    """`POST /connect/par`: checks the request like the authorization endpoint, and gives a `request_uri` for it.

    What would be refused there is refused here with the same code (section 2.3).
    """

    dialect = replace(CONNECT, parameters={**CONNECT.parameters, **{name: name for name in PARAMETERS}})

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        cleanup.run_in_background()
        if any(wire.params.get("request_uri", ())):
            raise OAuthError(PUSHED_REQUEST_REFUSED, "request_uri_pushed")
        try:
            wanted = self._read(wire, client)
        except UntrustedRequestError as error:
            raise OAuthError(PUSHED_REQUEST_REFUSED, error.reason) from None
        except AuthorizationError as error:
            refusal = replace(PUSHED_REQUEST_REFUSED, code=error.code, description=error.description)
            raise OAuthError(refusal) from None
        request_uri = push(client, wanted.parameters, wire.received_at)
        expires_in = int(LIFETIME.total_seconds())
        return json_response({"request_uri": request_uri, "expires_in": expires_in}, 201)

    def _read(self, wire: WireRequest, client: Client) -> AuthorizationRequest:
        values = {name: [str(value) for value in wire.params.get(name, ())] for name in PARAMETERS}
        wanted = read_authorization_request(values, wire.issuer, is_pushed=True)
        if wanted.client.pk != client.pk:
            raise OAuthError(PARAMETER_CONFLICT)
        # Which tenant it is, only the browser's host may tell; that it cannot be used is certain already.
        tenant_of(self.request._request, wanted)
        return wanted
