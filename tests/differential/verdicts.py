"""What an answer of a token endpoint comes to: the same words for both sides. It must not know which one answered."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.wire import Wire
from tests.differential.sides import Side


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status, and either the error code or what is granted: the scope, and whether it can be refreshed."""

    status: int
    error: str = ""
    scope: str = ""
    has_refresh_token: bool = False


def granted(scope: str = "profile offline_access all", *, refresh: bool = True) -> Verdict:
    return Verdict(200, scope=" ".join(sorted(scope.split())), has_refresh_token=refresh)


def refused(error: str, status: int = 0) -> Verdict:
    """By this error; without another status by that of RFC 6749 section 5.2."""
    return Verdict(status or (401 if error == "invalid_client" else 400), error)


def verdict_of(response: Any) -> Verdict:
    try:
        body = json.loads(response.content)
    except ValueError:
        body = {}
    scope = " ".join(sorted(body.get("scope", "").split()))
    return Verdict(response.status_code, body.get("error", ""), scope, "refresh_token" in body)


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and what both sides say to it."""

    name: str
    request: Callable[[Side], Wire]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Difference:
    """A request, what Hufu says to it, and what the toolkit says."""

    name: str
    request: Callable[[Side], Wire]
    ours: Verdict
    theirs: Verdict
