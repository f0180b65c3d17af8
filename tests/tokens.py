"""Asks /connect/token as an app would, in this process. It must not know how tokens are made."""

from typing import Any
from urllib.parse import urlencode

from django.test import Client as HttpClient

FORM = "application/x-www-form-urlencoded"


def ask_connect(client_id: str, secret: str, **params: str) -> Any:
    """The answer to a token request of this client, credentials in the body."""
    form = urlencode({"client_id": client_id, "client_secret": secret, **params})
    return HttpClient().post("/connect/token", form, content_type=FORM)
