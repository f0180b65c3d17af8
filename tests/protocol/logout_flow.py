"""The moves of a person who signs out, on Django's test client, after the code flow's."""

import re
from html import unescape
from typing import Any

from joserfc import jwk, jwt

from accounts.models import BrowserSession
from oauthx.models import TokenFamily
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow

BYE = "https://app.example/bye"
END_SESSION = "/connect/endsession"
ISSUER = "http://testserver"


def make_logout_flow(world: World, **fields: Any) -> Flow:
    """A flow of an application that people can be led back to after their logout."""
    wanted = {
        "skip_authorization": True,
        "post_logout_redirect_uris": f"{BYE} https://app.example/bye?lang=zh http://127.0.0.1/bye",
        **fields,
    }
    return make_flow(world, **wanted)


def tokens_of(flow: Flow, **changes: str | None) -> Any:
    """What a whole flow brings; afterwards its browser is signed in."""
    response = flow.redeem(flow.code(**changes))
    assert response.status_code == 200, response.content
    return response.json()


def verified(world: World, token: str, algorithm: str = "RS256") -> Any:
    """The token, checked with the published keys as an application does."""
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    return jwt.decode(token, keys, algorithms=[algorithm])


def end_session(flow: Flow, **parameters: str | None) -> Any:
    """The answer to a logout request of this browser; a None leaves a parameter out."""
    sent = {name: value for name, value in parameters.items() if value is not None}
    return flow.browser.get(END_SESSION, sent)


def press(flow: Flow, page: Any, button: str = "sign_out") -> Any:
    """Press a button of the question."""
    carried = re.search(r'name="request" value="([^"]+)"', page.content.decode())
    assert carried is not None, "this is no question"
    return flow.browser.post(f"{END_SESSION}/answer", {"request": unescape(carried.group(1)), button: button})


def is_question(page: Any) -> bool:
    """Whether the person is asked if he wants to sign out."""
    return page.status_code == 200 and 'name="sign_out"' in page.content.decode()


def is_signed_in(flow: Flow) -> bool:
    """Whether this browser still has a session, as an application sees it."""
    return "code" in answer(flow.authorize(prompt="none"))


def the_session() -> BrowserSession:
    """The only browser session that there is."""
    return BrowserSession.objects.get()


def assert_is_over(flow: Flow) -> None:
    """The person is signed out, and what came of the session has ended."""
    assert not is_signed_in(flow)
    assert the_session().end_reason == "logout"
    assert not TokenFamily.objects.filter(ended_at=None).exists()
