"""Checks the addresses that a client registers, and compares with them. It must not know the client."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from oauth2_provider.validators import AllowedURIValidator

from oauthx.addresses import is_address, is_loopback
from oauthx.origins import is_origin

_LOOPBACK_PORT = re.compile(r"\A(http://(?:127\.0\.0\.1|\[::1\])):[0-9]{1,5}(?=[/?]|\Z)")


def bad_origins(text: str) -> list[ValidationError]:
    """What is wrong with these origins; empty is fine."""
    message = _(
        "An origin is written https://host or https://host:port, in lower case and without a path; plain http is for"
        " loopback addresses alone: %(value)s"
    )
    return [ValidationError(message, params={"value": value}) for value in text.split() if not is_origin(value)]


def bad_address(text: str) -> list[ValidationError]:
    """What is wrong with an address that is called, or opened in a browser, as it stands; empty is fine."""
    if not text or is_address(text):
        return []
    message = _(
        "An address starts with https:// and has neither user name nor fragment; plain http is for loopback addresses"
        " alone: %(value)s"
    )
    return [ValidationError(message, params={"value": text})]


def is_listed(uri: str, registered: str) -> bool:
    """Whether the address is one of these: simple string comparison (RFC 9700 section 2.1).

    django-oauth-toolkit compares the parts that `urlsplit` makes: that takes a host in other letters or a stray tab for
    the same, and raises for a port that is no number.
    """
    return _LOOPBACK_PORT.sub(r"\1", uri) in {_LOOPBACK_PORT.sub(r"\1", known) for known in registered.split()}


def bad_uris(text: str, name: str) -> list[ValidationError]:
    """What is wrong with these redirect URIs."""
    problems = []
    for uri in text.split():
        try:
            _check_uri(uri, name)
        except ValidationError as error:
            problems.append(error)
    return problems


def _check_uri(uri: str, name: str) -> None:
    """Take https; http on loopback addresses alone (RFC 8252 section 7.3); and an app's own scheme.

    That is a domain name turned round, so it has a dot (RFC 8252 sections 7.1 and 8.4): `com.example.app:/callback`.

    Raises:
        ValidationError: it is none of these, or has a fragment.
    """
    scheme = uri.partition(":")[0].lower()
    schemes = ["https", "http", *([scheme] if "." in scheme else [])]
    AllowedURIValidator(schemes, name=name, allow_path=True, allow_query=True)(uri)  # type: ignore[no-untyped-call]
    if not uri.isascii() or "@" in urlsplit(uri).netloc:
        raise ValidationError(_("An address is written in ASCII, and holds no account or password."))
    if scheme == "http" and not is_loopback(urlsplit(uri).hostname or ""):
        raise ValidationError(_("Plain http is for loopback addresses alone."))
