"""What a person has already done about a request, signed, in the address that leads back to it.

So `prompt` and `max_age` stay in the request until it is answered, and neither a person nor a site can say that a
sign-in came later than it did. It must not know pages.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from oauthx.authorize.request import AuthorizationRequest

PARAMETER = "progress"
# How long a page on the way to an answer may stay open.
MAX_SECONDS = 3600
_SALT = "oauthx.authorize.progress"


@dataclass(frozen=True, slots=True)
class Progress:
    """Since when the request has been here: a sign-in after that was for its sake. And whom the chooser settled on."""

    since: datetime
    chosen: int | None = None


def read_progress(wanted: AuthorizationRequest, text: str) -> Progress:
    """What this says, if it is ours and of this very request; otherwise the request came just now.

    Of a pushed request the server knows by itself since when it is here.
    """
    progress = Progress(since=timezone.now())
    try:
        said = signing.loads(text, salt=_SALT, max_age=MAX_SECONDS)
    except signing.BadSignature:
        said = {}
    if said.get("request") == _fingerprint(wanted):
        progress = Progress(datetime.fromtimestamp(said["since"], UTC), said["chosen"])
    return progress if wanted.visited_at is None else Progress(wanted.visited_at, progress.chosen)


def address_of(wanted: AuthorizationRequest, progress: Progress) -> str:
    """The path and query that lead back to the request, with what has been done."""
    said = {"request": _fingerprint(wanted), "since": progress.since.timestamp(), "chosen": progress.chosen}
    query = {**wanted.carried, PARAMETER: signing.dumps(said, salt=_SALT)}
    return f"{reverse('oauthx:authorize')}?{urlencode(query)}"


def _fingerprint(wanted: AuthorizationRequest) -> str:
    return hashlib.sha256(urlencode(sorted(wanted.carried.items())).encode()).hexdigest()
