"""Keeps an uploaded file between its preview and its confirmation. It must not know what the file holds.

In the cache, where every process finds it: encrypted, since hashes and secrets stand in it; under a name that only the
person's own session makes; one for each person and page; for an hour at the most.
"""

import base64
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from tenants.encryption import decrypt, encrypt

KEPT_SECONDS = 60 * 60
# How long one request may be busy storing before another may try.
_CLAIMED_SECONDS = 10 * 60


class Draft:
    """The one draft of this person, session and page, whether there is one or not."""

    def __init__(self, request: HttpRequest, page: str) -> None:
        owner = f"{request.user.pk} {request.session.session_key} {page}"
        self._name = "transfer:" + salted_hmac("tenants.transfer", owner, algorithm="sha256").hexdigest()

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Whether this request is the one that goes on with it, or replaces it: of two at once, one does.

        What was read before may be another file's by now.
        """
        name, mine = f"{self._name}:claim", secrets.token_urlsafe(16)
        is_mine = bool(cache.add(name, mine, _CLAIMED_SECONDS))
        try:
            yield is_mine
        finally:
            if is_mine and cache.get(name) == mine:
                cache.delete(name)

    def begin(self, file: bytes, state: dict[str, Any]) -> None:
        """Keep a new file in place of one that was there; `state["mark"]` tells the two apart, and all their parts."""
        self.discard()
        mark = secrets.token_urlsafe(16)
        self._set(f"{mark}:file", base64.b64encode(file).decode())
        self._set("state", state | {"mark": mark, "batches": 0})

    def save(self, state: dict[str, Any]) -> None:
        """Keep what is known of this file by now, of JSON's types; nothing, if another one took its place."""
        current = self.state()
        if current is not None and current["mark"] == state["mark"]:
            self._set("state", state)

    def state(self) -> dict[str, Any] | None:
        """What is known of it; None if there is none, or no more."""
        found: dict[str, Any] | None = self._get("state")
        return found

    def file(self, mark: str) -> bytes | None:
        """The file of this mark as it was uploaded; None if it is no more."""
        found = self._get(f"{mark}:file")
        return None if found is None else base64.b64decode(found)

    def add_batch(self, mark: str, number: int, batch: Any) -> None:
        """Keep a portion of what was worked out for the file of this mark."""
        self._set(f"{mark}:batch:{number}", batch)

    def batches(self, mark: str, count: int) -> list[Any] | None:
        """All portions, in order; None if one of them is no more."""
        found = [self._get(f"{mark}:batch:{number}") for number in range(count)]
        return None if any(batch is None for batch in found) else found

    def discard(self) -> None:
        """Forget all of it."""
        state = self._get("state")
        if state is None:
            return
        mark = state["mark"]
        parts = ["state", f"{mark}:file", *(f"{mark}:batch:{number}" for number in range(state["batches"]))]
        cache.delete_many([f"{self._name}:{part}" for part in parts])

    def _set(self, part: str, value: Any) -> None:
        cache.set(f"{self._name}:{part}", encrypt(json.dumps(value).encode()), KEPT_SECONDS)

    def _get(self, part: str) -> Any:
        found = cache.get(f"{self._name}:{part}")
        if found is None:
            return None
        try:
            return json.loads(decrypt(found))
        except InvalidToken:
            # The key is no more with which it was encrypted.
            return None
