"""Settles which tenant a request is about: never guessed. It must not know HTTP or clients."""

from datetime import datetime

from tenants import registry
from tenants.models import Tenant


def find_tenant(code: str) -> Tenant | None:
    """The tenant of this code, usable or not; unknown codes are not remembered (anyone can send them)."""
    if "\x00" in code:
        return None
    return registry.cached_if_found(("tenant", code), lambda: Tenant.objects.filter(code=code).first())


class TenantError(Exception):
    """No usable tenant; `reason` is for the history: tenant_missing, tenant_mismatch, tenant_unknown, …"""

    def __init__(self, reason: str, tenant: Tenant | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tenant = tenant


def resolve(named: str | None, bound: Tenant | None, serves: frozenset[int], now: datetime) -> Tenant:
    """The bound tenant, which the named one must agree with; else the named one, if it is among those served.

    Raises:
        TenantError: tenant_missing, tenant_mismatch, tenant_unknown, tenant_not_served, tenant_disabled,
            tenant_expired.
    """
    if bound is not None:
        if named not in {None, bound.code}:
            raise TenantError("tenant_mismatch", bound)
        tenant: Tenant | None = bound
    elif named is None:
        raise TenantError("tenant_missing")
    else:
        tenant = find_tenant(named)
    if tenant is None:
        raise TenantError("tenant_unknown")
    if bound is None and tenant.pk not in serves:
        raise TenantError("tenant_not_served", tenant)
    if not tenant.is_usable(now):
        raise TenantError(tenant.why_unusable(), tenant)
    return tenant


def tenant_by_id(tenant_id: int) -> Tenant:
    """The tenant of this primary key, from this process's memory.

    Raises:
        Tenant.DoesNotExist: there is none.
    """
    return registry.cached(("tenant-id", tenant_id), lambda: Tenant.objects.get(pk=tenant_id))
