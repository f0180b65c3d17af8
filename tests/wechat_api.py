"""Plays WeChat's HTTP interface on loopback, as its documents describe it: codes, sessions, tokens and error codes.

It must not know the code under test: paths, parameters and answers are read off WeChat's documents.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.peers import Answer, Peer, listening, says

MINI_PROGRAM, OAUTH, TOKEN = "/sns/jscode2session", "/sns/oauth2/access_token", "/cgi-bin/stable_token"

# What WeChat says beside each error code; it adds its id of the request.
MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret, view more at http://t.cn/RAEkdVq",
    40163: "code been used",
    40164: "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist",
    40226: "code blocked",
    42003: "oauth_code expired",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit must slower retry next minute",
}


def failure(code: int) -> dict[str, Any]:
    """WeChat's answer with this error code, which is a 200 like every other."""
    return {"errcode": code, "errmsg": f"{MESSAGES.get(code, 'error')}, rid: 6789abcd-12345678-9abcdef0"}


@dataclass
class WechatPlayed:
    """One WeChat.

    Attributes:
        apps: the secret of each app id. codes: what each code that was given out brings, by app id and code.
        refuses: answered to everything, in place of what it would answer. tokens_refuse: the same, for tokens alone.
        takes_codes_again: plays a WeChat that forgets which codes were used.
    """

    peer: Peer
    apps: dict[str, str] = field(default_factory=dict)
    codes: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    refuses: int | None = None
    tokens_refuse: int | None = None
    takes_codes_again: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return self.peer.url("")

    def give_code(self, app_id: str, code: str, openid: str, unionid: str = "", **more: Any) -> str:
        """Somebody in WeChat gets this code."""
        person: dict[str, Any] = {"openid": openid, **({"unionid": unionid} if unionid else {})}
        self.codes[app_id, code] = {**person, **more}
        return code

    def say(self, answer: Answer) -> None:
        """From now on answer this, whatever is asked."""
        self.peer.answer = answer

    def behave(self) -> None:
        """From now on answer as WeChat does."""
        self.peer.answer = self._answer

    def _answer(self, request: bytes) -> Iterable[bytes]:
        head, _end, body = request.partition(b"\r\n\r\n")
        method, target, _version = head.split(b"\r\n")[0].decode().split(" ")
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        if self.refuses is not None:
            document = failure(self.refuses)
        elif (method, address.path) == ("POST", TOKEN):
            document = self._token(json.loads(body))
        elif method == "GET" and address.path in {MINI_PROGRAM, OAUTH}:
            document = self._exchange(address.path, query)
        else:
            return says(404)(request)
        # As WeChat does: JSON, called text.
        return says(200, json.dumps(document).encode(), "text/plain")(request)

    def _why_refused(self, asked: dict[str, Any]) -> int | None:
        if asked.get("appid") not in self.apps:
            return 40013
        return None if asked.get("secret") == self.apps[asked["appid"]] else 40125

    def _exchange(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if query.get("grant_type") != "authorization_code":
            return failure(40002)
        refused = self._why_refused(query)
        if refused is not None:
            return failure(refused)
        key = (query["appid"], query.get("js_code" if path == MINI_PROGRAM else "code", ""))
        with self._guard:
            if key not in self.codes:
                return failure(40029)
            if key in self.used and not self.takes_codes_again:
                return failure(40163)
            self.used.add(key)
        if path == MINI_PROGRAM:
            return {"session_key": "tiihtNczf5v6AKRyjwEUhQ==", **self.codes[key]}
        tokens = {"access_token": "ACCESS", "expires_in": 7200, "refresh_token": "REFRESH", "scope": "snsapi_base"}
        return {**tokens, **self.codes[key]}

    def _token(self, asked: dict[str, Any]) -> dict[str, Any]:
        refused = self.tokens_refuse or self._why_refused(asked)
        if refused is not None:
            return failure(refused)
        if asked.get("grant_type") != "client_credential" or asked.get("force_refresh") is not False:
            return failure(40002)
        return {"access_token": "68_ACCESS", "expires_in": 7200}


@contextmanager
def wechat_playing() -> Iterator[WechatPlayed]:
    """A WeChat on 127.0.0.1 without apps."""
    with listening(says(500)) as peer:
        played = WechatPlayed(peer)
        played.behave()
        yield played
