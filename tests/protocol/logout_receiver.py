"""What an application's server was sent at a back-channel logout, read as the specification says."""

from urllib.parse import parse_qsl

from tests.peers import Peer


def posted(request: bytes) -> tuple[str, dict[str, str], dict[str, str]]:
    """The request line, the headers by lower-case name, and the form."""
    head, _end, body = request.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (text.partition(":") for text in rest)}
    return line, headers, dict(parse_qsl(body.decode(), strict_parsing=True))


def logout_tokens(peer: Peer) -> list[str]:
    """The logout tokens that this server was sent, oldest first."""
    return [posted(request)[2]["logout_token"] for request in peer.requests]
