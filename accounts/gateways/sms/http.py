"""Any HTTP gateway: a templated body by POST, signed with a key (HMAC). It must not know whose gateway it is."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.base import GatewayError, Kind, NumberRejectedError, SmsMessage
from accounts.outbound import OutboundError, post_body

# What a gateway answers that will not send to this number (RFC 9110 section 15.5.21).
UNPROCESSABLE = 422
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class HttpSender:
    url: str
    body_format: str
    body_template: str
    success_text: str
    key: str = field(repr=False)

    def send(self, message: SmsMessage) -> str:
        body, content_type = fill_body(self.body_format, self.body_template, message)
        headers = {"Content-Type": content_type, "Accept": "*/*", **sign(body, self.key, int(time.time()))}
        try:
            status, answer = post_body(self.url, body, headers)
        except OutboundError as error:
            raise GatewayError(error.reason, str(error)) from None
        if status == UNPROCESSABLE:
            raise NumberRejectedError("status_422")
        if status not in _GOOD:
            raise GatewayError(f"status_{status}")
        if self.success_text and self.success_text not in answer.decode(errors="replace"):
            raise GatewayError("success_text_missing")
        return ""


def sign(body: bytes, key: str, moment: int) -> Mapping[str, str]:
    """Two headers: the time (seconds since 1970), and `sha256=` with the HMAC-SHA256 in hex of time, newline and body.

    None without a key.
    """
    if not key:
        return {}
    signature = hmac.new(key.encode(), f"{moment}\n".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Hufu-Timestamp": str(moment), "X-Hufu-Signature": f"sha256={signature}"}


def fill_body(body_format: str, template: str, message: SmsMessage) -> tuple[bytes, str]:
    """The body and its type. What is filled in cannot break out of its place in the template.

    Raises:
        ValueError: the template is not of its format.
    """
    if body_format == "json":
        filled = message.fill_all(json.loads(template))
        return json.dumps(filled, ensure_ascii=False).encode(), "application/json"
    pairs = parse_qsl(template.strip(), keep_blank_values=True, strict_parsing=True)
    return urlencode([(name, message.fill(value)) for name, value in pairs]).encode(), (
        "application/x-www-form-urlencoded"
    )


def _check(row: Any) -> Mapping[str, Any]:
    problems: dict[str, Any] = {}
    sample = SmsMessage("+8613800138000", "123456")
    try:
        parts = urlsplit(row.url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        problems["url"] = _("An address such as https://sms.example.com/send.")
    try:
        body, _type = fill_body(row.body_format, row.body_template, sample)
    except (ValueError, RecursionError):
        problems["body_template"] = _("This is no JSON, or no form such as mobile={phone}&code={code}.")
    else:
        if sample.code not in body.decode():
            problems["body_template"] = _("It must contain {code}.")
    return problems


def _open_row(row: Any) -> HttpSender:
    return HttpSender(
        url=row.url,
        body_format=row.body_format,
        body_template=row.body_template,
        success_text=row.success_text,
        key=row.secret.reveal(),
    )


HTTP = Kind(
    needed=("url", "body_template"),
    check=_check,
    open=_open_row,
    advice={
        "address_forbidden": _(
            "Hufu may not call this address. It must be https to a public one, or the operator must allow its network"
            " (OUTBOUND_PRIVATE_NETWORKS)."
        ),
        "unreachable": _("Nobody answers at this address, or not with a certificate that holds."),
        "timed_out": _("The gateway does not answer in time."),
        "status_401": _("The gateway wants another key."),
        "status_403": _("The gateway wants another key."),
        "status_404": _("There is nothing at this address."),
        "status_422": _("The gateway does not send to this number."),
        "success_text_missing": _("The gateway answers something else than the text of success."),
    },
)
