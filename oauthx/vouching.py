"""Which client's word is taken for who somebody is at WeChat. It must not know how a word or a code is checked."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from oauthx.models import Client


def may_vouch(client: "Client") -> bool:
    """Whether the client's word counts, for its own WeChat app and tenant alone.

    Asked at every request too: a row that the console would refuse may have come another way.
    """
    return client.vouches_for_wechat and not problems_with_wechat(client)


def problems_with_wechat(client: "Client") -> dict[str, list[ValidationError]]:
    """What is wrong with the client's settings for WeChat, at each field."""
    errors: dict[str, list[ValidationError]] = {}
    app = client.wechat_app
    if app is not None and app.tenant_id != client.tenant_id:
        errors["wechat_app"] = [ValidationError(_("The WeChat app belongs to the tenant that the client is bound to."))]
    if not client.vouches_for_wechat:
        return errors
    if client.is_public or client.tenant_id is None:
        errors["vouches_for_wechat"] = [
            ValidationError(_("Only a confidential client that is bound to a tenant may vouch."))
        ]
    elif app is None:
        errors["wechat_app"] = [ValidationError(_("Vouching needs the WeChat app for which the client may do it."))]
    return errors
