"""Asks WeChat who somebody is. It must not know people, tenants or grants.

`code2Session` for mini programs, `oauth2/access_token` for official accounts and the open platform. Both take the app's
secret in the address, so nothing here logs an address, and both answer JSON under another content type.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol
from urllib.parse import urlencode

from django.conf import settings

from accounts.gateways.lanes import GatewayBusyError, outside
from accounts.outbound import OutboundError, fetch_json, post_json

logger = logging.getLogger(__name__)

_CODE = re.compile(r"[\x21-\x7e]{1,255}")
_IDENTITY = re.compile(r"[\x21-\x7e]{1,128}")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_REQUEST_ID = re.compile(r"(?:rid|req_id): ?([0-9A-Za-z-]{1,64})")
# A code that WeChat never gave to anybody: tells a good app from a bad one.
_MADE_UP_CODE = "hufu-connection-test"


class Trouble(Enum):
    """Whose trouble it is: the code's; WeChat's (or the way there) for now; what is set here or answered there."""

    CODE = "code"
    BUSY = "busy"
    SETUP = "setup"


class WechatError(Exception):
    """WeChat did not say who it is.

    Attributes:
        reason: for the history. trouble: whose trouble it is. error_code: WeChat's `errcode`, if it answered one.
    """

    def __init__(self, reason: str, trouble: Trouble, error_code: int | None = None) -> None:
        super().__init__(reason if error_code is None else f"{reason} ({error_code})")
        self.reason = reason
        self.trouble = trouble
        self.error_code = error_code


@dataclass(frozen=True, slots=True)
class AppAtWechat:
    """The app that asks. `lane` names its tenant, whose calls share the lanes."""

    app_id: str
    secret: str = field(repr=False)
    is_mini_program: bool
    lane: str


@dataclass(frozen=True, slots=True)
class WechatIdentity:
    """Whom WeChat names: `openid` within the app, `unionid` ("" if not told) across the apps of one owner."""

    openid: str
    unionid: str = ""


class WechatGateway(Protocol):
    """What a verifier and the console need of WeChat."""

    def exchange_code(self, app: AppAtWechat, code: str) -> WechatIdentity:
        """Whom this code was given for; WeChat takes each code once.

        Raises:
            WechatError: it does not say.
        """
        ...

    def try_app(self, app: AppAtWechat) -> None:
        """Return if sign-ins of this app reach WeChat and WeChat knows app and secret. Nothing is changed there.

        Raises:
            WechatError: what a sign-in would run into.
        """
        ...

    def try_secret(self, app: AppAtWechat) -> None:
        """Return if WeChat gives the app an access token of its own. Those of other programs go on working.

        Raises:
            WechatError: it does not.
        """
        ...


def wechat_gateway() -> WechatGateway:
    """WeChat itself, at `WECHAT_API_URL`."""
    return WechatApi(settings.WECHAT_API_URL)


# WeChat's documented codes that mean something to us; any other one is `wechat_refused`.
_TROUBLES: Mapping[int, tuple[str, Trouble]] = {
    40029: ("wechat_code_invalid", Trouble.CODE),
    40163: ("wechat_code_used", Trouble.CODE),
    42003: ("wechat_code_expired", Trouble.CODE),
    40226: ("wechat_person_blocked", Trouble.CODE),
    -1: ("wechat_busy", Trouble.BUSY),
    45009: ("wechat_rate_limited", Trouble.BUSY),
    45011: ("wechat_rate_limited", Trouble.BUSY),
    40013: ("wechat_app_id_rejected", Trouble.SETUP),
    41002: ("wechat_app_id_rejected", Trouble.SETUP),
    40001: ("wechat_secret_rejected", Trouble.SETUP),
    40125: ("wechat_secret_rejected", Trouble.SETUP),
    41004: ("wechat_secret_rejected", Trouble.SETUP),
    40164: ("wechat_address_not_listed", Trouble.SETUP),
}
# By the reasons of `accounts/outbound.py`.
_OUTBOUND: Mapping[str, tuple[str, Trouble]] = {
    "unreachable": ("wechat_unreachable", Trouble.BUSY),
    "timed_out": ("wechat_timed_out", Trouble.BUSY),
    "answer_refused": ("wechat_answer_unusable", Trouble.SETUP),
    "address_forbidden": ("wechat_url_forbidden", Trouble.SETUP),
}


@dataclass(frozen=True, slots=True)
class WechatApi:
    """The vendor's HTTP interface."""

    base_url: str

    def exchange_code(self, app: AppAtWechat, code: str) -> WechatIdentity:
        if not _CODE.fullmatch(code):
            raise WechatError("wechat_code_invalid", Trouble.CODE)
        answer = self._ask(app, code)
        if answer.get("is_snapshotuser"):
            # A stand-in that WeChat makes for a page that is only looked at: nobody's identity.
            raise WechatError("wechat_person_virtual", Trouble.CODE)
        openid, unionid = answer.get("openid"), answer.get("unionid") or ""
        if not all(isinstance(text, str) for text in (openid, unionid)):
            raise _unusable()
        if not _IDENTITY.fullmatch(str(openid)) or (unionid and not _IDENTITY.fullmatch(unionid)):
            raise _unusable()
        return WechatIdentity(str(openid), unionid)

    def try_app(self, app: AppAtWechat) -> None:
        try:
            self._ask(app, _MADE_UP_CODE)
        except WechatError as error:
            if error.trouble is not Trouble.CODE:
                raise

    def try_secret(self, app: AppAtWechat) -> None:
        form = {"grant_type": "client_credential", "appid": app.app_id, "secret": app.secret, "force_refresh": False}
        with _calling(app):
            answer = _read(post_json(f"{self.base_url}/cgi-bin/stable_token", form, any_type=True), app)
        if not isinstance(answer.get("access_token"), str):
            raise _unusable()

    def _ask(self, app: AppAtWechat, code: str) -> Mapping[str, Any]:
        path, name = ("sns/jscode2session", "js_code") if app.is_mini_program else ("sns/oauth2/access_token", "code")
        query = {"appid": app.app_id, "secret": app.secret, name: code, "grant_type": "authorization_code"}
        with _calling(app):
            return _read(fetch_json(f"{self.base_url}/{path}?{urlencode(query)}", any_type=True), app)


@contextmanager
def _calling(app: AppAtWechat) -> Iterator[None]:
    """Hold a lane of the tenant's and one of all tenants'; whatever goes wrong on the way is a `WechatError`."""
    try:
        with outside(f"wechat:{app.lane}"):
            yield
    except GatewayBusyError:
        raise WechatError("wechat_lanes_full", Trouble.BUSY) from None
    except OutboundError as error:
        reason, trouble = _OUTBOUND[error.reason]
        if error.status is not None and (error.status >= 500 or error.status == 429):  # noqa: PLR2004 - HTTP's own
            reason, trouble = "wechat_busy", Trouble.BUSY
        logger.warning("wechat did not answer app=%s reason=%s detail=%s", app.app_id, reason, error)
        raise WechatError(reason, trouble) from None


def _read(document: object, app: AppAtWechat) -> Mapping[str, Any]:
    """The answer's members.

    Raises:
        WechatError: it is an error of WeChat's, or nothing that its documents describe.
    """
    if not isinstance(document, dict):
        raise _unusable()
    code = _error_code(document.get("errcode"))
    if code == 0:
        return document
    reason, trouble = _TROUBLES.get(code, ("wechat_refused", Trouble.SETUP))
    if trouble is not Trouble.CODE:
        # By its own id of the request, WeChat's support finds it; the rest of its message may repeat what we sent.
        found = _REQUEST_ID.search(str(document.get("errmsg")))
        rid = found[1] if found else ""
        logger.warning("wechat refused app=%s errcode=%d reason=%s rid=%s", app.app_id, code, reason, rid)
    raise WechatError(reason, trouble, code)


def _error_code(value: object) -> int:
    """`errcode`, which WeChat's own examples also write as text; absent means 0."""
    if value is None:
        return 0
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _unusable()


def _unusable() -> WechatError:
    return WechatError("wechat_answer_unusable", Trouble.SETUP)
