"""Keeps from a tenant's viewers who of another tenant did something to theirs, and from where.

It must not know pages.
"""

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import LoginEvent
from tenants.scoping import Viewer, sees_all_tenants


def as_told_to(viewer: Viewer, event: LoginEvent) -> LoginEvent:
    """The event, of which this row in memory is changed to what the viewer may know.

    Of what people of other tenants did he reads that the platform did it, and not from which address or browser. Whose
    tenant was not recorded is taken for a stranger.
    """
    if event.actor and not sees_all_tenants(viewer) and event.actor_tenant_id != viewer.tenant_id:
        event.actor = _("Platform administration")
        event.address, event.user_agent, event.fingerprint = None, "", ""
    return event


def address_told_to(viewer: Viewer) -> Q:
    """Which events tell this viewer their address, as `as_told_to` says: by it, he finds no others.

    No index has it: it is looked at in the rows that another condition finds.
    """
    return Q() if sees_all_tenants(viewer) else Q(actor="") | Q(actor_tenant_id=viewer.tenant_id)
