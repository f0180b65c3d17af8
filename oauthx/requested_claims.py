"""Reads the request parameter `claims` (OpenID Connect Core section 5.5). It must not know who asks, or for whom."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from oauthx.claims import ACR
from oauthx.standard_claims import SCOPE_OF_CLAIM, names_within


class MalformedClaimsError(ValueError):
    """The parameter is not what section 5.5 describes."""


@dataclass(frozen=True, slots=True)
class RequestedClaims:
    """What an application asks for by name.

    Attributes:
        userinfo, id_token: names of claims about the person, for these two places.
        subject: the only person who will do, by his `sub`; None: anyone.
        acr_met: whether the sign-in that there is can be of the class that is asked for as essential.
    """

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    subject: str | None = None
    acr_met: bool = True

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the names belong to: the person is asked for these."""
        return tuple(dict.fromkeys(SCOPE_OF_CLAIM[name] for name in (*self.userinfo, *self.id_token)))

    def within(self, scopes: Collection[str]) -> "RequestedClaims":
        """Without the names that belong to no scope of these: they are passed over, as section 5.5 wants it."""
        return replace(
            self,
            userinfo=tuple(names_within(self.userinfo, scopes)),
            id_token=tuple(names_within(self.id_token, scopes)),
        )

    def as_json(self) -> dict[str, list[str]]:
        """What is kept with the code and the tokens: the names for each place that has any."""
        places = {"userinfo": self.userinfo, "id_token": self.id_token}
        return {place: list(names) for place, names in places.items() if names}


NOTHING = RequestedClaims()


def read_requested_claims(text: str) -> RequestedClaims:
    """What this JSON object asks for. What is not known is passed over; what has the wrong form is refused.

    Raises:
        MalformedClaimsError: it is no such object.
    """
    try:
        parsed = json.loads(text, object_pairs_hook=_read_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise MalformedClaimsError("no JSON, or a member is repeated") from None
    if not isinstance(parsed, dict):
        raise MalformedClaimsError("no JSON object")
    userinfo, id_token = (_read_place(parsed, place) for place in ("userinfo", "id_token"))
    acr = id_token.get("acr", {})
    subjects = _values(id_token.get("sub", {}))
    if subjects is not None and len(subjects) > 1:
        raise MalformedClaimsError("sub names more than one person")
    return RequestedClaims(
        userinfo=tuple(name for name in userinfo if name in SCOPE_OF_CLAIM),
        id_token=tuple(name for name in id_token if name in SCOPE_OF_CLAIM),
        subject=next(iter(subjects), None) if subjects else None,
        # Not essential, it is a wish that need not come true (section 5.5.1.1).
        acr_met=not acr.get("essential") or ACR in (_values(acr) or {ACR}),
    )


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedClaimsError("a member is repeated")
    return members


def _refuse_constant(name: str) -> NoReturn:
    """`NaN` and `Infinity`, which Python takes for JSON."""
    raise MalformedClaimsError(name)


def _read_place(parsed: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
    """The wishes for one place, by the claim's name; a null is a wish without conditions."""
    wishes = parsed.get(place, {})
    if not isinstance(wishes, dict):
        raise MalformedClaimsError(f"{place} is no object")
    return {name: _read_wish(name, wish) for name, wish in wishes.items()}


def _read_wish(name: str, wish: object) -> dict[str, Any]:
    if wish is None:
        return {}
    if not isinstance(wish, dict) or not isinstance(wish.get("essential", False), bool):
        raise MalformedClaimsError(f"the wish for {name} is malformed")
    values = wish.get("values", [None])
    if not isinstance(values, list) or not values:
        raise MalformedClaimsError(f"values of {name} is no list, or empty")
    return wish


def _values(wish: dict[str, Any]) -> frozenset[str] | None:
    """The texts that a wish names, as `value` or `values`; None where it names none.

    Raises:
        MalformedClaimsError: something else than a text.
    """
    named = [*([wish["value"]] if "value" in wish else []), *wish.get("values", [])]
    if not all(isinstance(value, str) for value in named):
        raise MalformedClaimsError("a value is no text")
    return frozenset(named) if named else None
