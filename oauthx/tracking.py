"""Says what is recorded of changes to clients, keys and consents (`tenants/changes/`). Of tokens nothing is."""

from django.utils.translation import gettext_noop as _

from oauthx.models import Client, Consent, SigningKey
from tenants.changes import track

# What django-oauth-toolkit and Django call columns that have no name of ours: so that our catalogue translates them.
NAMES = (
    _("allowed origins"),
    _("client secret"),
    _("encrypted private part"),
    _("post logout redirect URIs"),
    _("previous client secret"),
    _("redirect URIs"),
)


def track_models() -> None:
    """Record changes of these models from now on."""
    track(
        Client,
        secrets=["client_secret", "previous_client_secret"],
        # What of django-oauth-toolkit's columns nobody here sets.
        ignored=["hash_client_secret", "registration_source", "cimd_expires_at", "authorization_grant_type"],
        relations=("served_tenants",),
    )
    # Of a pair, the public half says what the key id says already.
    track(SigningKey, secrets=["encrypted_private_part"], ignored=["public_jwk"])
    # People give them at each authorization: only what somebody withdraws in the console is told.
    track(Consent, tenant_path="user__tenant", watches=False)
