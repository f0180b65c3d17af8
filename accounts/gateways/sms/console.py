"""Prints codes on standard output, in development alone. It must not be of use anywhere else."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.base import GatewayError, Kind, SmsMessage


class ConsoleSender:
    """One line a message: `sms phone=<E.164> code=<code>`."""

    def send(self, message: SmsMessage) -> str:
        if not settings.HUFU_DEVELOPMENT:
            raise GatewayError("console_in_production")
        print(f"sms phone={message.phone} code={message.code}", flush=True)  # noqa: T201 - the console is the gateway
        return ""


def _no_problems(_row: Any) -> Mapping[str, Any]:
    return {}


CONSOLE = Kind(
    needed=(),
    check=_no_problems,
    open=lambda _row: ConsoleSender(),
    advice={"console_in_production": _("This kind is for development alone. Set up a vendor.")},
)
