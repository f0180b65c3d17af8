"""Makes a test call: the request goes through the real endpoint, in this process, as if the application had sent it.

Every check and limit of the endpoint holds, and its login event is written. What is told of it holds no secret and no
whole token. It must not know pages.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from accounts.hashers import md5_hex
from oauthx.dialects.base import FORM
from oauthx.guide.calls import Blank, Call, Value

# Names nobody: a session keeps it, and who reads that may not know who works in the console.
USER_AGENT = "Hufu test call"
DOTS = "••••••••"
_TOKENS = ("access_token", "refresh_token", "id_token")
_TOLD_HEADERS = ("Content-Type", "Cache-Control", "Pragma", "WWW-Authenticate", "Retry-After")
# Where the server is and who called it, as `config.middleware` settled it.
_COPIED = (
    *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "HTTP_HOST", "REMOTE_ADDR", "wsgi.url_scheme"),
    *("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_ACCEPT_LANGUAGE"),
)
_SHOWN_OF_TOKEN = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """What was sent and what came back, for people to read.

    `access_token` is the token itself, to end it by, and is shown nowhere; `image` is a captcha's, as a data address.
    `finish` is called when the page is out: what follows the endpoint's answer, such as an SMS, begins with it.
    """

    sent: str
    answered: str
    status: int
    finish: Callable[[], None]
    claims: Mapping[str, str]
    image: str = ""
    access_token: str = field(default="", repr=False)


def make_trial(call: Call, values: Mapping[str, str], request: HttpRequest) -> Trial:
    """Perform the call with these values for its blanks; `request` is that of the person who tries it."""
    response = _perform(call, values, request)
    body = response.content.decode()
    parsed = _as_json(body)
    members = parsed if isinstance(parsed, dict) else {}
    tokens = {name: str(members[name]) for name in _TOKENS if members.get(name)}
    if not members and body.count(".") == 2:  # noqa: PLR2004 - the parts of a JWT (signed userinfo)
        tokens = {"userinfo": body}
    return Trial(
        sent=_show_request(call, values),
        answered=_show_response(response, members, tokens),
        status=response.status_code,
        finish=response.close,
        claims={name: claims for name, token in tokens.items() if (claims := _claims_of(token))},
        image=_image_of(members),
        access_token=tokens.get("access_token", "") if call.is_for_tokens else "",
    )


def _perform(call: Call, values: Mapping[str, str], request: HttpRequest) -> HttpResponse:
    path = urlsplit(call.address).path
    body = urlencode({name: _filled(value, values) for name, value in call.form.items()}).encode()
    environ: dict[str, Any] = {name: request.META[name] for name in _COPIED if name in request.META}
    environ |= {f"HTTP_{_key(name)}": _wire_text(_filled(value, values)) for name, value in call.headers.items()}
    if call.basic is not None:
        pair = ":".join(_filled(value, values) for value in call.basic)
        environ["HTTP_AUTHORIZATION"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    environ |= {
        "REQUEST_METHOD": call.method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "HTTP_USER_AGENT": USER_AGENT,
        "wsgi.input": BytesIO(body),
    }
    if call.method == "POST":
        environ |= {"CONTENT_TYPE": FORM, "CONTENT_LENGTH": str(len(body))}
    inner = WSGIRequest(environ)
    inner.request_id = getattr(request, "request_id", "")  # type: ignore[attr-defined]  # as the middleware sets it
    inner.tried_by = request.user  # type: ignore[attr-defined]  # for `accounts.origin`
    view, arguments, options = resolve(path)
    response: Any = view(inner, *arguments, **options)
    return response.render() if hasattr(response, "render") and not response.is_rendered else response  # type: ignore[no-any-return]


def _filled(value: Value, values: Mapping[str, str]) -> str:
    if not isinstance(value, Blank):
        return value
    given = values.get(value.name, "")
    if not given:
        return ""
    return value.prefix + (md5_hex(given) if value.is_digested else given)


def _key(header: str) -> str:
    return header.upper().replace("-", "_")


def _wire_text(text: str) -> str:
    """A header's text as WSGI hands it over: its bytes, read as Latin-1."""
    return text.encode("utf-8", "replace").decode("latin-1")


def _show_request(call: Call, values: Mapping[str, str]) -> str:
    """The request line by line, without what is secret."""
    address = urlsplit(call.address)
    lines = [f"{call.method} {address.path}", f"Host: {address.netloc}"]
    if call.basic is not None:
        lines.append(f"Authorization: Basic {DOTS}")
    lines += [f"{name}: {_shown(value, values)}" for name, value in call.headers.items()]
    if call.method == "POST":
        lines.append(f"Content-Type: {FORM}")
    pairs = [f"{name}={_shown(value, values)}" for name, value in call.form.items()]
    return "\n".join([*lines, "", "\n&".join(pairs)]).strip()


def _shown(value: Value, values: Mapping[str, str]) -> str:
    """What was sent, with dots for what is secret: that stays with who typed it."""
    if not isinstance(value, Blank) or not value.is_secret:
        return _filled(value, values)
    return f"{value.prefix}{DOTS}" if values.get(value.name) else ""


def _show_response(response: HttpResponse, members: Mapping[str, Any], tokens: Mapping[str, str]) -> str:
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    headers = [f"{name}: {response[name]}" for name in _TOLD_HEADERS if name in response]
    if members:
        told = {name: _shorten(tokens[name]) if name in tokens else value for name, value in members.items()}
        if _image_of(members):
            told["image"] = "data:image/png;base64,…"
        body = json.dumps(told, indent=2, ensure_ascii=False)
    else:
        body = _shorten(tokens["userinfo"]) if "userinfo" in tokens else response.content.decode()
    return "\n".join([status, *headers, "", body]).strip()


def _shorten(token: str) -> str:
    return f"{token[:_SHOWN_OF_TOKEN]}… ({len(token)})"


def _image_of(members: Mapping[str, Any]) -> str:
    image = members.get("image")
    return image if isinstance(image, str) and image.startswith("data:image/png;base64,") else ""


def _as_json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _claims_of(token: str) -> str:
    """What a JWT says, for reading; "" for a token that says nothing. We have just made it: nothing is verified."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return ""
    return json.dumps(claims, indent=2, ensure_ascii=False)
