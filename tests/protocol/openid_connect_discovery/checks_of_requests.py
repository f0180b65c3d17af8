"""A check for each list that says what may stand in an authorization request. See checks_of_endpoints.py."""

import re
from collections.abc import Sequence

from tests.pages import form_values
from tests.protocol.code_flow import CHALLENGE, VERIFIER, answer
from tests.protocol.openid_connect_discovery.checks_of_endpoints import Check
from tests.protocol.openid_connect_discovery.provider import Provider


def scopes_supported(provider: Provider, values: Sequence[str]) -> None:
    """Each is granted to a client that may have it, beside openid, and another is not."""
    flow = provider.flow()
    assert "openid" in values
    for scope in values:
        asked = " ".join(dict.fromkeys(["openid", scope]))
        assert provider.tokens(flow, scope=asked)["scope"] == asked
    assert answer(flow.authorize(scope="openid unheard-of"))["error"] == "invalid_scope"


def response_types_supported(provider: Provider, values: Sequence[str]) -> None:
    """Each brings what its name says; the other well-known ones are refused as such."""
    flow = provider.flow()
    for response_type in ("code", "token", "id_token", "code id_token", "id_token token", "none"):
        sent = answer(flow.authorize(response_type=response_type))
        assert ("code" in sent) == (response_type in values), response_type
        assert sent.get("error", "unsupported_response_type") == "unsupported_response_type"


def response_modes_supported(provider: Provider, values: Sequence[str]) -> None:
    """Each brings the code its own way; another is refused."""
    flow = provider.flow()
    for mode in values:
        response = flow.authorize(response_mode=mode)
        sent = form_values(response, "form-post") if mode == "form_post" else answer(response)
        assert mode in {"query", "form_post"}, f"{mode}: say here how it answers"
        assert "code" in sent
    for mode in {"query", "form_post", "fragment", "jwt", "web_message"} - set(values):
        assert answer(flow.authorize(response_mode=mode))["error"] == "invalid_request"


def code_challenge_methods_supported(provider: Provider, values: Sequence[str]) -> None:
    flow = provider.flow()
    challenges = {"S256": CHALLENGE, "plain": VERIFIER}
    for method, challenge in challenges.items():
        sent = answer(flow.authorize(code_challenge=challenge, code_challenge_method=method))
        assert ("code" in sent) == (method in values), method
        assert "code" not in sent or flow.redeem(sent["code"]).status_code == 200
    assert set(values) <= set(challenges), "say here how it is used"


def prompt_values_supported(provider: Provider, values: Sequence[str]) -> None:
    """Each is understood; another is an error."""
    flow = provider.flow()
    for prompt in {"none", "login", "consent", "select_account", "create"} | set(values):
        response = flow.authorize(prompt=prompt)
        refused = response.status_code == 303 and "error=invalid_request" in response["Location"]
        assert refused == (prompt not in values), prompt


def display_values_supported(provider: Provider, values: Sequence[str]) -> None:
    flow = provider.flow()
    for display in values:
        assert "code" in answer(flow.authorize(display=display)), display


def ui_locales_supported(provider: Provider, values: Sequence[str]) -> None:
    """A request for one of them gets a sign-in page in it."""
    flow = provider.flow()
    flow.browser.logout()
    for locale in values:
        page = flow.browser.get(flow.authorize(ui_locales=locale)["Location"]).content.decode()
        said = re.search(r'<html lang="([^"]+)"', page)
        assert said is not None
        assert said.group(1).lower() == locale.lower()


def request_parameter_supported(provider: Provider, value: bool) -> None:
    assert value is False, "check here that request objects are read"
    assert answer(provider.flow().authorize(request="eyJ"))["error"] == "request_not_supported"


def request_uri_parameter_supported(provider: Provider, value: bool) -> None:
    """An address of the client's own; what was pushed here has another kind (RFC 9126)."""
    assert value is False, "check here that request objects are fetched"
    sent = answer(provider.flow().authorize(request_uri="https://app.example/request.jwt"))
    assert sent["error"] == "request_uri_not_supported"


def require_pushed_authorization_requests(provider: Provider, value: bool) -> None:
    assert ("code" in answer(provider.flow().authorize())) != value


def authorization_response_iss_parameter_supported(provider: Provider, value: bool) -> None:
    flow = provider.flow()
    for sent in (answer(flow.authorize()), answer(flow.authorize(scope="unheard-of"))):
        assert (sent.get("iss") == provider.said["issuer"]) == value


REQUESTS: dict[str, Check] = {
    check.__name__: check
    for check in (
        scopes_supported,
        response_types_supported,
        response_modes_supported,
        code_challenge_methods_supported,
        prompt_values_supported,
        display_values_supported,
        ui_locales_supported,
        request_parameter_supported,
        request_uri_parameter_supported,
        require_pushed_authorization_requests,
        authorization_response_iss_parameter_supported,
    )
}
