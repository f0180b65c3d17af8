"""Admits a request: which grant, which tenant, which scope, and that everything needed is there, before any proof.

It must not know HTTP; the dialect's data say what the wire calls things.
"""

from collections.abc import Sequence
from datetime import datetime

from oauthx.errors import (
    GRANT_NOT_ALLOWED,
    GRANT_UNSUPPORTED,
    PARAMETER_MALFORMED,
    PARAMETER_MISSING,
    TENANT_MISMATCH,
    TENANT_MISSING,
    TENANT_REJECTED,
    OAuthError,
)
from oauthx.grants.base import Grant
from oauthx.issuing import check_requested_scope
from oauthx.models import Client
from oauthx.requests import AuthenticatedClient, TokenRequest, WireRequest, words
from tenants.models import Tenant
from tenants.resolution import TenantError, find_tenant, resolve

ACCOUNT_TYPE = "account"


def find_grant(wire: WireRequest, client: AuthenticatedClient, grants: Sequence[Grant]) -> Grant:
    """The grant that the request names, if this document speaks it and the client may use it.

    Raises:
        OAuthError: invalid_request, unsupported_grant_type, unauthorized_client.
    """
    name = wire.value("grant_type")
    if name is None:
        raise OAuthError(PARAMETER_MISSING, "grant_type_missing")
    grant = next((grant for grant in grants if grant.name == name), None)
    if grant is None or not wire.dialect.speaks(grant):
        raise OAuthError(GRANT_UNSUPPORTED)
    if name not in client.client.grant_types:
        raise OAuthError(GRANT_NOT_ALLOWED)
    if not grant.personal and client.client.is_public:
        raise OAuthError(GRANT_NOT_ALLOWED, "client_is_public")
    return grant


def resolve_tenant(wire: WireRequest, client: AuthenticatedClient, grant: Grant) -> TokenRequest:
    """The request as the grant will see it: with a tenant, and with the parameters that the grant declared.

    Raises:
        OAuthError: invalid_request, invalid_scope, or invalid_grant for a tenant that cannot be used.
    """
    named_tenant = wire.dialect.tenant_code(wire)
    values = {name: wire.value(name) for name in wire.params.keys() | wire.headers.keys()}
    params = {}
    for param in grant.params:
        value = values.get(param.name)
        if value is not None:
            params[param.name] = value
        elif param.required:
            raise OAuthError(PARAMETER_MISSING)
    if values.get("account_type") not in {None, ACCOUNT_TYPE}:
        raise OAuthError(PARAMETER_MALFORMED, "type_unknown")
    password = params.pop("password", None)
    scope = values.get("scope")
    request = TokenRequest(
        dialect=wire.dialect,
        client=client.client,
        tenant=_tenant(named_tenant, wire, client.client, grant),
        grant_type=grant.name,
        params=params,
        password=None if password is None else wire.dialect.passwords.present(password),
        scope=None if scope is None else words(scope),
        main_account=values.get("main_account"),
        fingerprint=values.get("fingerprint") or "",
        origin=wire.origin,
        issuer=wire.issuer,
        received_at=wire.received_at,
    )
    check_requested_scope(request, is_login=grant.is_login)
    return request


def _tenant(named: str | None, wire: WireRequest, client: Client, grant: Grant) -> Tenant | None:
    finds_it = grant.knows_tenant and not wire.dialect.names_tenant_always
    if client.tenant is None and named is None and (finds_it or not grant.personal):
        return None
    return settle_tenant(named, client, wire.received_at)


def settle_tenant(named: str | None, client: Client, now: datetime) -> Tenant:
    """The tenant of this client, or the named one that it serves.

    Raises:
        OAuthError: invalid_request, or invalid_grant for a tenant that cannot be used.
    """
    try:
        return resolve(named, client.tenant, client.served_tenant_ids(), now)
    except TenantError as error:
        refusal = {"tenant_missing": TENANT_MISSING, "tenant_mismatch": TENANT_MISMATCH}.get(
            error.reason, TENANT_REJECTED
        )
        raise OAuthError(refusal, error.reason) from error


def named_tenant(wire: WireRequest) -> str:
    """The code of the tenant that the request names, for the history: "" for none, the first of contradicting ones."""
    try:
        return wire.dialect.tenant_code(wire) or ""
    except OAuthError:
        return wire.shown("tenant")


def tenant_for_history(wire: WireRequest, client: Client) -> Tenant | None:
    """The tenant whose history tells of a refused request: the client's, or the named one if the client serves it."""
    if client.tenant is not None:
        return client.tenant
    try:
        named = wire.dialect.tenant_code(wire)
    except OAuthError:
        return None
    tenant = None if named is None else find_tenant(named)
    return tenant if tenant is not None and tenant.pk in client.served_tenant_ids() else None
