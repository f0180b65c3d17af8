"""A few hundred damaged requests an endpoint, always the same: never a fault, always the document's error form."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contract.wire import ENDPOINTS, FORM, JSON, MULTIPART, QUERY, Endpoint, Wire, assert_error_form
from tests.contract.world import World, history

REQUESTS = 300

NAMES = [
    *("grant_type", "scope", "type", "tenantId", "tma", "username", "password", "fp", "captchaKey", "captchaCode"),
    *("refresh_token", "client_id", "client_secret", "acr_values", "code", "user", "", "__proto__", "tenant"),
]
TEXTS = [
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ud842",
        "\udfb7",
        "𠮷",
        "🐅",
        "x" * 255,
        "x" * 256,
        "x" * 8193,
        "\r\nSet-Cookie: a=b",
    ),
    *("admin", "all", "password", "captcha", "refresh_token", "client_credentials", "000000", "app", "account"),
    *("' OR 1=1 --", "%s%n", "{0.__class__}", "${jndi:ldap://x}", "../../etc/passwd", "<script>", "\u202e", "\ufeff"),
    *("%00", "%ED%A0%80", "+", "&a=b", "a=b&c=d", "tenant:", "tenant:000000", "null", "0" * 32, "-1", "1e999"),
]
VALUES: list[object] = [*TEXTS, *TEXTS, None, 0, -1, 1e308, True, [], ["admin"], {}, {"a": {"b": []}}]
HEADERS = ["tenantId", "Tenant-Id", "tma", "Captcha-Key", "Captcha-Code", "Authorization", "Accept-Language", "Accept"]
HEADERS += ["User-Agent", "X-Request-ID", "X-Forwarded-For", "Blade-Auth", "Cookie", "Content-Encoding", "Origin"]
CONTENT_TYPES = [
    JSON,
    FORM,
    MULTIPART,
    QUERY,
    f"{JSON}; charset=UTF-8",
    f"{FORM}; charset=latin-1",
    "text/plain",
    "*/*",
]
CONTENT_TYPES += [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "application/json; charset=\x7f",
    "é",
    ";;;=",
]
AUTHORIZATIONS = [
    "",
    "Basic",
    "Basic ",
    "Basic%20",
    "basic YXBwOg==",
    "Basic OmE=",
    "Bearer x",
    "Digest a=b",
    "Basic 虎",
]

Mutation = Callable[[Wire, random.Random], Wire]


def _set(wire: Wire, dice: random.Random) -> Wire:
    return wire.with_params(**{dice.choice(NAMES): dice.choice(VALUES)})


def _drop(wire: Wire, dice: random.Random) -> Wire:
    return wire.without(dice.choice(NAMES))


def _repeat(wire: Wire, dice: random.Random) -> Wire:
    return replace(wire, pairs=(*wire.pairs, (dice.choice(NAMES), dice.choice(VALUES))))


def _set_header(wire: Wire, dice: random.Random) -> Wire:
    return wire.with_headers({dice.choice(HEADERS): dice.choice(TEXTS)})


def _authorize(wire: Wire, dice: random.Random) -> Wire:
    return wire.with_authorization(dice.choice(AUTHORIZATIONS))


def _encode_otherwise(wire: Wire, dice: random.Random) -> Wire:
    return wire.sent_as(dice.choice(CONTENT_TYPES))


def _flip_bytes(wire: Wire, dice: random.Random) -> Wire:
    body = bytearray(wire.encoded() or b"{}")
    for _flip in range(dice.randint(1, 8)):
        body[dice.randrange(len(body))] = dice.randrange(256)
    return wire.with_body(bytes(body[: dice.randint(0, len(body))] if dice.random() < 0.3 else body))


def _ask(wire: Wire, dice: random.Random) -> Wire:
    return wire.with_raw_query(
        "&".join(
            f"{dice.choice(NAMES)}={dice.choice(['', '%00', '%F0', 'a', '+', '=='])}"
            for _pair in range(dice.randint(1, 3))
        )
    )


MUTATIONS: list[Mutation] = [
    _set,
    _set,
    _set,
    _drop,
    _repeat,
    _set_header,
    _authorize,
    _encode_otherwise,
    _flip_bytes,
    _ask,
]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_no_request_brings_it_down(endpoint: Endpoint, world: World) -> None:
    dice = random.Random(f"hufu {endpoint.name}")
    type(world.tenant).objects.update(lockout_threshold=0)
    statuses = set()
    for number in range(REQUESTS):
        wire = world.sign_in(endpoint)
        for mutation in dice.choices(MUTATIONS, k=dice.randint(1, 3)):
            wire = mutation(wire, dice)
        before = len(history())
        response = wire.send(world.http)
        statuses.add(response.status_code)
        assert response.status_code < 500, (number, wire)
        assert len(history()) <= before + 1
        if response.status_code != 200:
            assert_error_form(endpoint, response)
    assert statuses >= {200, 400, 401}
