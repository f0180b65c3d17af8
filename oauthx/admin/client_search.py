"""How rows are found by the client that they belong to. It must not know pages."""

from typing import Any

from django.db.models import Q

from accounts.admin.person_search import found_keys
from oauthx.models import Client


def clients_named(term: str) -> Any:
    """The keys of the clients whose id or name has this in it."""
    return found_keys(Client.objects.all(), Q(client_id__icontains=term), Q(name__icontains=term))
