"""Authlib in a Flask application, told issuer, client id and secret: its people sign in, stay signed in, sign out."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.clients.application import running
from tests.clients.provider import Provider, sign_in_and_agree, told
from tests.servers import free_port

PKCE = {"code_challenge_method": "S256"}


@contextmanager
def application(provider: Provider, client_kwargs: dict[str, str], **fields: Any) -> Iterator[str]:
    registration = provider.register("/callback", "/signed-out", free_port(), **fields)
    command = [sys.executable, "-m", "tests.clients.authlib_application"]
    with running(command, registration, CLIENT_KWARGS=json.dumps(client_kwargs)) as origin:
        yield origin


@pytest.mark.parametrize(
    ("client_kwargs", "requires_pkce"), [(PKCE, True), ({}, False)], ids=["PKCE", "nothing but issuer, id and secret"]
)
def test_a_person_signs_in(provider: Provider, client_kwargs: dict[str, str], requires_pkce: bool) -> None:
    def scenario(page: Page) -> tuple[Any, Any]:
        page.goto(f"{origin}/login")
        sign_in_and_agree(page, origin)
        return told(page), told(page, f"{origin}/userinfo")

    with application(provider, client_kwargs, requires_pkce=requires_pkce) as origin:
        home, userinfo = provider.browser.run(scenario)
    assert home == {"name": "张三"}
    assert userinfo["name"] == "张三"
    assert userinfo["sub"]


def test_a_token_whose_time_is_over_is_refreshed_by_itself(provider: Provider) -> None:
    def scenario(page: Page) -> Any:
        page.goto(f"{origin}/login")
        sign_in_and_agree(page, origin)
        return [told(page, f"{origin}/refresh") for _ in range(2)]

    with application(provider, PKCE) as origin:
        answers = provider.browser.run(scenario)
    for answer in answers:
        assert answer.pop("sub")
        assert answer == {"access_token": True, "refresh_token": True}


def test_who_signs_out_is_asked_to_sign_in_again(provider: Provider) -> None:
    def scenario(page: Page) -> Any:
        page.goto(f"{origin}/login")
        sign_in_and_agree(page, origin)
        page.goto(f"{origin}/logout")
        page.wait_for_url(f"{origin}/signed-out?*")
        signed_out = told(page)
        page.goto(f"{origin}/login")
        page.locator("[name=password]").wait_for()
        return signed_out

    with application(provider, PKCE) as origin:
        assert provider.browser.run(scenario) == {"stateIsMine": True}
