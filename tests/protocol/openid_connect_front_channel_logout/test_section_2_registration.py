"""OpenID Connect Front-Channel Logout section 2: which address an application may have for its page."""

import pytest
from django.core.exceptions import ValidationError

from oauthx.models import Client

REDIRECT_URIS = "https://app.example/callback https://app.example:8443/callback http://127.0.0.1/callback"


def problems(address: str, redirect_uris: str = REDIRECT_URIS) -> set[str]:
    client = Client(name="app", client_id="app", dialects=["connect"], grant_types=["authorization_code"])
    client.redirect_uris, client.frontchannel_logout_uri = redirect_uris, address
    try:
        client.clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


@pytest.mark.must(
    "OpenID Connect Front-Channel Logout", "2", "scheme, domain and port are those of a registered redirect URI"
)
@pytest.mark.parametrize(
    "address",
    [
        "https://other.example/out",
        "https://app.example:444/out",
        "https://sub.app.example/out",
        "http://127.0.0.2/out",
        "https://127.0.0.1/out",
    ],
)
def test_section_2_the_page_stands_where_people_come_back_to(address: str) -> None:
    assert problems(address) == {"frontchannel_logout_uri"}


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example/out?a=b",
        "https://APP.example:443/out",
        "https://app.example:8443/out",
        "http://127.0.0.1:4567/out",
    ],
)
def test_section_2_takes_every_page_there(address: str) -> None:
    assert problems(address) == set()


@pytest.mark.must("OpenID Connect Front-Channel Logout", "2", "the address is absolute")
@pytest.mark.parametrize("address", ["/out", "app.example/out", "//app.example/out"])
def test_section_2_the_address_is_absolute(address: str) -> None:
    assert problems(address) == {"frontchannel_logout_uri"}
