"""Keeps authorization requests that clients push ahead, and finds them again (RFC 9126). It must not know pages."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from oauthx.authorize.request import (
    Answer,
    AuthorizationError,
    AuthorizationRequest,
    UntrustedRequestError,
    read_authorization_request,
    read_client,
)
from oauthx.claims import digest
from oauthx.conf import conf
from oauthx.models import Client, PushedRequest

PREFIX = "urn:ietf:params:oauth:request_uri:"
# How long a browser may take to come with it, and then the person to sign in and to agree.
LIFETIME = timedelta(seconds=90)
VISITED_LIFETIME = timedelta(minutes=10)


def push(client: Client, parameters: Mapping[str, str], now: datetime) -> str:
    """Keep a checked request under the digest of the `request_uri` that this returns, good for LIFETIME."""
    request_uri = PREFIX + secrets.token_urlsafe(32)
    PushedRequest.objects.create(
        digest=digest(request_uri), client=client, parameters=dict(parameters), expires_at=now + LIFETIME
    )
    return request_uri


def read_request(values: Mapping[str, Sequence[str]], issuer: str) -> AuthorizationRequest:
    """Check a request that comes with a browser: its own parameters, or those that were pushed, and these alone.

    Raises:
        UntrustedRequestError: as `read_authorization_request`, and request_uri_unknown (also: used),
            request_uri_expired, request_uri_of_another_client.
        AuthorizationError: as `read_authorization_request`.
    """
    sent = [uri for uri in values.get("request_uri", ()) if uri]
    if len(sent) != 1 or not sent[0].startswith(PREFIX):
        return read_authorization_request(values, issuer)
    [request_uri] = sent
    client = read_client(values)
    stored = _visit(request_uri, client)
    try:
        wanted = read_authorization_request(
            {name: [value] for name, value in stored.parameters.items()}, issuer, is_pushed=True
        )
    except AuthorizationError as error:
        # It was in order when it was pushed; the client, or a tenant, has changed since.
        error.answer = replace(error.answer, request_uri=request_uri)
        raise
    return replace(
        wanted,
        answer=replace(wanted.answer, request_uri=request_uri),
        carried={"client_id": client.client_id, "request_uri": request_uri},
        visited_at=stored.visited_at,
    )


def use_up(answer: Answer) -> None:
    """Let no other answer be sent to the pushed request of this one, if it was pushed.

    Raises:
        UntrustedRequestError: another one was sent, meanwhile.
    """
    if answer.request_uri:
        deleted, _by_model = PushedRequest.objects.filter(digest=digest(answer.request_uri)).delete()
        if not deleted:
            raise UntrustedRequestError("request_uri_unknown")


def _visit(request_uri: str, client: Client) -> PushedRequest:
    """The request of this URI, from now on visited: a reload finds it too, until it is answered."""
    now = conf().clock()
    stored = _find(request_uri)
    if stored.client_id != client.pk:
        raise UntrustedRequestError("request_uri_of_another_client")
    if now >= stored.expires_at:
        raise UntrustedRequestError("request_uri_expired")
    if stored.visited_at is not None:
        return stored
    # By the clock that also says when a person signed in: the two are compared.
    visit = {"visited_at": timezone.now(), "expires_at": now + VISITED_LIFETIME}
    PushedRequest.objects.filter(pk=stored.pk, visited_at=None).update(**visit)
    return _find(request_uri)


def _find(request_uri: str) -> PushedRequest:
    stored = PushedRequest.objects.filter(digest=digest(request_uri)).first()
    if stored is None:
        raise UntrustedRequestError("request_uri_unknown")
    return stored
