"""Which sessions of applications are open. It must not know pages."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from oauthx.models import AccessToken, RefreshToken


def is_live(now: datetime) -> Any:
    """Of token families: whether any of their tokens still stands, as a condition."""
    tokens = AccessToken.objects.filter(token_family=OuterRef("pk"), expires__gt=now)
    refresh_tokens = RefreshToken.objects.filter(token_family=OuterRef("pk"), expires__gt=now, revoked=None)
    return Exists(tokens) | Exists(refresh_tokens)


def online(families: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Those of these families that nobody has ended and that a token still stands for."""
    return families.filter(is_live(now), ended_at=None)
