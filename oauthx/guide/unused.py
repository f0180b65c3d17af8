"""Which of a client's settings its other choices leave without use, so that a form need not ask for them.

It refuses nothing: what cannot work together is said by `Client.clean`. It must not know pages.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oauthx.combinations import REFRESHING, chosen_dialects, chosen_grants
from oauthx.models import Client

if TYPE_CHECKING:
    from oauthx.dialects import Dialect
    from oauthx.grants import Grant

_CODE = "authorization_code"
_OF_BROWSERS = (
    "redirect_uris", "requires_pkce", "requires_pushed_requests", "skip_authorization",
    "post_logout_redirect_uris", "backchannel_logout_uri", "frontchannel_logout_uri",
)  # fmt: skip


def unused_settings(client: Client) -> frozenset[str]:
    """The fields that nothing reads as the client stands; while no endpoint or no grant is chosen, few are known."""
    dialects, grants = chosen_dialects(client), chosen_grants(client)
    found = {*_of_proof(client, dialects), *(() if client.tenant_id is None else ("served_tenants",))}
    if dialects and grants:
        found |= {*_of_endpoints(client, dialects, grants), *_of_grants(grants)}
    return frozenset(found)


def _of_proof(client: Client, dialects: list["Dialect"]) -> Iterator[str]:
    """What only some ways to prove itself read."""
    if not client.has_secret:
        yield "imported_secret"
    if client.is_public:
        # It always needs PKCE, whatever is chosen.
        yield from ("is_resource_server", "vouches_for_wechat", "requires_pkce")
    if client.is_public or (dialects and not any("client_assertion" in one.parameters.values() for one in dialects)):
        yield "authenticates_by"
    if client.is_public or client.authenticates_by == "secret":
        yield from ("jwks", "jwks_uri")


def _of_endpoints(client: Client, dialects: list["Dialect"], grants: list["Grant"]) -> Iterator[str]:
    """What only some endpoints read."""
    scopes = tuple(client.scopes)
    signs_in = [grant for grant in grants if grant.personal and grant.name != REFRESHING]
    if not any(dialect.speaks(grant) and dialect.refreshable(scopes) for dialect in dialects for grant in signs_in):
        yield "refresh_token_lifetime_seconds"
    if not any(dialect.opaque_allowed for dialect in dialects):
        yield "access_token_format"
    if all(dialect.algorithm for dialect in dialects):
        yield "algorithm"
    if not signs_in or "openid" not in scopes or not any(dialect.openid for dialect in dialects):
        yield "userinfo_algorithm"


def _of_grants(grants: list["Grant"]) -> Iterator[str]:
    """What only some grants read."""
    names = {grant.name for grant in grants}
    sent = {param.name for grant in grants for param in grant.params}
    if _CODE not in names:
        # No browser's session of ours stands behind its tokens, so none can end.
        yield from _OF_BROWSERS
    if not any(grant.personal for grant in grants):
        yield "allowed_origins"
    if REFRESHING not in names:
        yield "refresh_reuse_seconds"
    if "password" not in sent:
        yield "exempt_from_second_factor"
    if "app_id" not in sent:
        yield from ("wechat_app", "vouches_for_wechat")
