"""Any HTTP gateway: a templated body by POST, signed with a key (HMAC). It must not know whose gateway it is."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.base import GatewayError, Kind, NumberRejectedError, SmsMessage, tells_code
from accounts.outbound import OutboundError, post_body

# What a gateway answers that will not send to this number (RFC 9110 section 15.5.21).
UNPROCESSABLE = 422
_GOOD = range(200, 300)
# A name (RFC 9110 section 5.1), and a value of visible ASCII; of the names, those that say what is sent are ours.
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([\x21-\x7e](?:[ \t\x21-\x7e]*[\x21-\x7e])?)")
_OURS = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "expect", "host", "transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class HttpSender:
    url: str
    body_format: str
    body_template: str
    header: str
    success_text: str
    key: str = field(repr=False)

    def send(self, message: SmsMessage) -> str:
        try:
            body, content_type = fill_body(self.body_format, self.body_template, message, self.key)
            header = fill_header(self.header, message, self.key)
        except (ValueError, RecursionError):
            # None of them says what stood there.
            raise GatewayError("misconfigured") from None
        headers = {"Content-Type": content_type, "Accept": "*/*", **header, **sign(body, self.key, int(time.time()))}
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


def fill_header(template: str, message: SmsMessage, secret: str) -> Mapping[str, str]:
    """The one header more, if there is a template: its name and value.

    Raises:
        ValueError: it is none, or one that Hufu sets, or the secret does not fit in.
    """
    if not template:
        return {}
    found = _HEADER.fullmatch(message.fill(template, secret=secret))
    if found is None or found[1].lower() in _OURS or found[1].lower().startswith("x-hufu-"):
        raise ValueError("no header")
    return {found[1]: found[2]}


def fill_body(body_format: str, template: str, message: SmsMessage, secret: str) -> tuple[bytes, str]:
    """The body and its type. What is filled in cannot break out of its place in the template.

    Raises:
        ValueError: the template is not of its format.
    """
    if body_format == "json":
        filled = message.fill_all(json.loads(template), secret=secret)
        return json.dumps(filled, ensure_ascii=False).encode(), "application/json"
    pairs = parse_qsl(template.strip(), keep_blank_values=True, strict_parsing=True)
    return urlencode([(name, message.fill(value, secret=secret)) for name, value in pairs]).encode(), (
        "application/x-www-form-urlencoded"
    )


def _check(row: Any) -> Mapping[str, Any]:
    problems: dict[str, Any] = {}
    try:
        parts = urlsplit(row.url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        problems["url"] = _("An address such as https://sms.example.com/send.")
    try:
        if not tells_code(lambda message: fill_body(row.body_format, row.body_template, message, "")):
            problems["body_template"] = _("It must contain {code}.")
    except (ValueError, RecursionError):
        problems["body_template"] = _("This is no JSON, or no form such as mobile={phone}&code={code}.")
    try:
        fill_header(row.header, SmsMessage("+8613800138000", "123456"), "secret")
    except ValueError:
        problems["header"] = _("A name, a colon and a value in ASCII, such as Authorization: Bearer {secret}.")
    if not row.secret and any("{secret}" in text for text in (row.header, row.body_template)):
        problems["secret"] = _("This is needed.")
    return problems


def _open_row(row: Any) -> HttpSender:
    return HttpSender(
        url=row.url,
        body_format=row.body_format,
        body_template=row.body_template,
        header=row.header,
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
