"""Lets happen one after the other what must not happen twice at once in a tenant. It must not know what that is."""

from tenants.models import Tenant


def take_turn(tenant_id: int) -> Tenant:
    """Wait for the tenant's turn and keep it until the transaction ends; the tenant as it is by then.

    Whoever moves roles or departments, imports, synchronises or adds people takes it, and reads only then what he
    decides by: two changes, each right by itself, could make a circle, or one person too many. Nobody else waits:
    sign-ins of known people, tokens and all other forms go on.

    The turn comes first, then rows of people, roles and departments. Who changes or locks one of those and only then
    asks for the turn may wait for somebody who has it and waits for that row: PostgreSQL fails one of the two.

    Raises:
        Tenant.DoesNotExist: there is no such tenant any more.
    """
    return Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
