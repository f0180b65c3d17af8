"""Decides whether a token stands: the one place, for every surface that takes or describes tokens."""

from datetime import datetime

from accounts.people import Person
from oauthx.models import Client
from tenants.models import Tenant


def why_ended(
    *,
    ended: bool,
    expires_at: datetime,
    client: Client | None,
    tenant: Tenant | None,
    person: Person | None,
    has_user: bool,
    now: datetime,
) -> str | None:
    """Why a stored token does not stand at that moment, or None if it does.

    It ends with its time, its family, its client, its tenant (a shared client must still serve it) and its person.
    """
    if now >= expires_at or ended:
        return "token_expired" if now >= expires_at else "token_revoked"
    if client is None or not client.is_active:
        return "client_disabled"
    if has_user and (person is None or not person.is_active):
        return "account_disabled"
    return None if tenant is None else _why_tenant_ended(tenant, client, now)


def _why_tenant_ended(tenant: Tenant, client: Client, now: datetime) -> str | None:
    if not tenant.is_usable(now):
        return tenant.why_unusable()
    serves = client.tenant_id == tenant.pk or tenant.pk in client.served_tenant_ids()
    return None if serves else "tenant_not_served"
