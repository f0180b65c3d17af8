"""Which kinds of gateways there are: one line each. It must not know how they send."""

from collections.abc import Mapping
from typing import Any

from cryptography.fernet import InvalidToken
from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.aliyun import ALIYUN
from accounts.gateways.sms.base import GatewayError, Kind, SmsSender
from accounts.gateways.sms.console import CONSOLE
from accounts.gateways.sms.http import HTTP
from accounts.gateways.sms.tencent import TENCENT
from accounts.models import SmsGateway

KINDS: Mapping[str, Kind] = {
    SmsGateway.Kind.ALIYUN: ALIYUN,
    SmsGateway.Kind.TENCENT: TENCENT,
    SmsGateway.Kind.HTTP: HTTP,
    SmsGateway.Kind.CONSOLE: CONSOLE,
}


def open_gateway(row: SmsGateway) -> SmsSender:
    """The sender of this row.

    Raises:
        GatewayError: misconfigured; its secret cannot be opened, or a setting is not what it must be.
    """
    try:
        return KINDS[row.kind].open(row)
    except InvalidToken:
        raise GatewayError("misconfigured", "the secret was encrypted with a key that is no more") from None
    except (KeyError, ValueError, RecursionError):
        raise GatewayError("misconfigured") from None


def problems_of(row: SmsGateway) -> dict[str, Any]:
    """What is missing or wrong in the row, by its columns."""
    kind = KINDS.get(row.kind)
    if kind is None:
        return {}
    missing = {name: _("This is needed.") for name in kind.needed if not getattr(row, name)}
    return {**kind.check(row), **missing}
