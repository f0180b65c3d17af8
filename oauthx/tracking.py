"""Says what is recorded of changes to clients, keys and consents (`tenants/changes/`). Of tokens nothing is."""

from oauthx.models import Client, Consent, SigningKey
from tenants.changes import track


def track_models() -> None:
    """Record changes of these models from now on."""
    track(Client, secrets=["client_secret", "previous_client_secret"], ignored=["hash_client_secret"], relations=("served_tenants",))
    # Of a pair, the public half says what the key id says already.
    track(SigningKey, secrets=["encrypted_private_part"], ignored=["public_jwk"])
    # People give them at each authorization: only what somebody withdraws in the console is told.
    track(Consent, tenant_path="user__tenant", watches=False)
