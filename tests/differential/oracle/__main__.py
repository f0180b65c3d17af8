"""Answers questions, a line of JSON each: what the stock view says to a request, with the codes that it is given."""

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.differential.oracle.settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - after setup
from django.core.management import call_command  # noqa: E402
from django.test import Client as HttpClient  # noqa: E402
from django.utils import timezone  # noqa: E402
from oauth2_provider.models import Application, Grant  # noqa: E402


def keep_client(client_id: str, secret: str, grant_type: str, redirect_uris: str) -> None:
    """Keep an application; without a secret it is public."""
    Application.objects.create(
        client_id=client_id,
        client_secret=secret,
        hash_client_secret=False,
        client_type="confidential" if secret else "public",
        authorization_grant_type=grant_type,
        redirect_uris=redirect_uris,
    )


def keep_code(client_id: str, seconds: int, **fields: Any) -> None:
    """Keep a code of the one user that is good for so long."""
    Grant.objects.create(
        application=Application.objects.get(client_id=client_id),
        user_id=User.objects.get().pk,
        expires=timezone.now() + timedelta(seconds=seconds),
        **fields,
    )


def send(method: str, path: str, body: str, content_type: str, headers: dict[str, str]) -> dict[str, Any]:
    """The view's answer to this request; a 500 where it raises."""
    http = HttpClient(raise_request_exception=False)
    response = http.generic(method, path, body.encode("latin-1"), content_type=content_type, headers=headers)
    return {"status": response.status_code, "body": response.content.decode()}


def answer_questions() -> None:
    """Answer until there are no more."""
    call_command("migrate", verbosity=0)
    User.objects.create_user("admin")
    actions: dict[str, Callable[..., Any]] = {"client": keep_client, "code": keep_code, "send": send}
    for line in sys.stdin:
        action, arguments = json.loads(line)
        print(json.dumps(actions[action](**arguments)), flush=True)  # noqa: T201 - how it answers


if __name__ == "__main__":
    answer_questions()
