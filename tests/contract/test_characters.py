"""People, passwords and tenants of any script: four-byte characters are matched exactly, in every encoding."""

import pytest

from tests.contract.wire import BLADE, CONNECT, FORM, JSON, MULTIPART, QUERY, Endpoint, assert_error_form
from tests.contract.world import World, history

on_each_blade_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
ACCOUNTS = ["𠮷田", "🐅", "👩‍👩‍👧", "管理员", "O'Brien", 'a"b\\c', "a%20b+c&d=e", "İstanbul", "100%"]


@pytest.mark.parametrize("content_type", [JSON, FORM, MULTIPART, QUERY], ids=["json", "form", "multipart", "query"])
@on_each_blade_endpoint
def test_signs_in_an_account_of_any_characters(endpoint: Endpoint, content_type: str, world: World) -> None:
    for account in ACCOUNTS[:3]:
        world.make_user(account)
        if content_type == MULTIPART and '"' in account:
            continue
        answer = world.sign_in(endpoint, account).sent_as(content_type).send(world.http).json()
        assert answer.get("account") == account, answer
        assert history()[-1].account == account


@pytest.mark.parametrize("account", ACCOUNTS)
def test_signs_in_an_account_of_any_characters_on_connect(account: str, world: World) -> None:
    world.make_user(account, account)
    assert world.sign_in(CONNECT, account, account).send(world.http).status_code == 200


@pytest.mark.parametrize("password", ["𠮷🐅密码", " leading and trailing ", "a\tb", "ﬁ", "é", "+&=%00"])
def test_a_password_of_any_characters_opens_both_kinds_of_endpoint(password: str, world: World) -> None:
    world.make_user("somebody", password)
    for endpoint in (*BLADE, CONNECT):
        assert world.sign_in(endpoint, "somebody", password).send(world.http).status_code == 200


def test_does_not_take_one_character_for_another(world: World) -> None:
    """No trimming, no case folding, no normalisation: `é` in two forms is two accounts."""
    world.make_user("caf\u00e9")
    for account in ("cafe\u0301", "CAF\u00c9", "caf\u00e9 ", "cafe"):
        assert world.sign_in(CONNECT, account).send(world.http).status_code == 400


@on_each_blade_endpoint
def test_bytes_of_another_charset_are_nobody(endpoint: Endpoint, world: World) -> None:
    """Multipart parts that are not UTF-8 are refused like the rest, if with another word."""
    world.make_user("é")
    body = world.sign_in(endpoint, "é").sent_as(MULTIPART).encoded().replace("é".encode(), "é".encode("latin-1"))
    response = world.sign_in(endpoint).with_body(body, MULTIPART).send(world.http)
    assert response.status_code == 400
    assert_error_form(endpoint, response)


@on_each_blade_endpoint
def test_names_of_any_characters_come_back_as_they_are(endpoint: Endpoint, world: World) -> None:
    world.make_user("x", real_name="𠮷田 太郎", nick_name='🐅"\\/')
    response = world.sign_in(endpoint, "x").send(world.http)
    assert (response.json()["real_name"], response.json()["nick_name"]) == ("𠮷田 太郎", '🐅"\\/')
    assert "𠮷田" in response.content.decode()  # unescaped, as the documents have it


@on_each_blade_endpoint
def test_a_main_account_of_four_byte_characters_matches_in_body_and_header(endpoint: Endpoint, world: World) -> None:
    tenant = world.make_tenant("000001")
    world.make_user("🐅", tenant=tenant, is_main_account=True)
    client = world.make_client("other", tenant=tenant)
    wire = world.sign_in(endpoint, "🐅").by(client).in_tenant("000001")
    assert wire.with_params(tma="🐅").send(world.http).status_code == 200
    assert wire.with_headers({"tma": "🐅"}).send(world.http).status_code == 200
