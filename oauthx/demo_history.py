"""The made-up people of a crowd and what they did in a year. It must not know how rows are written."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenants.models import Tenant

YEAR = timedelta(days=365)
PERSON = ("id", "tenant_id", "account", "real_name", "email", "phone", "job_number", "created_at")
_HAPPENED = ("kind", "outcome", "grant", "reason", "actor")
_OF_TENANT = ("tenant_id", "tenant_code", "tenant_name", "client_id", "client_name")
EVENT = (
    *("time", "account", "user_id", "real_name", "dialect", "address", "user_agent", "request_id"),
    *_HAPPENED,
    *_OF_TENANT,
)
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "杰",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
)
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "okhttp/4.12.0",
)
# How often what happens, in a thousand: kind, outcome, grant, reason, and who did it.
_HAPPENINGS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (600, ("token", "allowed", "password", "", "")),
    (230, ("token", "allowed", "refresh_token", "", "")),
    (50, ("login", "allowed", "", "", "")),
    (30, ("logout", "allowed", "", "", "")),
    (62, ("token", "refused", "password", "credentials_rejected", "")),
    (12, ("token", "refused", "password", "unknown_user", "")),
    (8, ("token", "refused", "refresh_token", "refresh_expired", "")),
    (5, ("token", "refused", "password", "account_locked", "")),
    (2, ("lockout", "refused", "", "account_locked", "")),
    (1, ("unlock", "allowed", "", "", "admin")),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many people of these tenants, told by their number alone: a million of them takes no memory."""

    tenants: Sequence[Tenant]
    client_ids: Sequence[int]
    first_id: int
    number: int
    share_of_the_largest: float

    def tenant_of(self, n: int) -> int:
        """The place of this person's tenant."""
        if n < self.number * self.share_of_the_largest:
            return 0
        return n % len(self.tenants)

    def account_of(self, n: int) -> str:
        return f"user{n:07d}"

    def name_of(self, n: int) -> str:
        return _SURNAMES[n % len(_SURNAMES)] + _GIVEN[n // len(_SURNAMES) % len(_GIVEN)]

    def address_of(self, n: int) -> str:
        return f"10.{n % 251}.{n // 251 % 251}.{n % 241}"

    def agent_of(self, n: int) -> str:
        return _AGENTS[n % len(_AGENTS)]

    def added_at(self, n: int, until: datetime) -> datetime:
        """When this person was added, in the year before that."""
        return until - YEAR + YEAR * (n / self.number)

    def people(self, now: datetime) -> Iterator[tuple[Any, ...]]:
        """What `PERSON` names, of each."""
        for n in range(self.number):
            account = self.account_of(n)
            tenant = self.tenants[self.tenant_of(n)].pk
            # Nobody is called: nobody knows a secret of the crowd's clients.
            phone = f"+86199{n:08d}"
            person = account, self.name_of(n), f"{account}@example.com", phone, f"{n:07d}"
            yield self.first_id + n, tenant, *person, self.added_at(n, now)


def events(crowd: Crowd, number: int, until: datetime, dice: random.Random) -> Iterator[tuple[Any, ...]]:
    """What happened in the year before `until`, the oldest first; more by day than by night."""
    what = [happening for weight, happening in _HAPPENINGS for _n in range(weight)]
    whose = [
        (tenant.pk, tenant.code, tenant.name, f"app-{tenant.code}", f"{tenant.name}的应用") for tenant in crowd.tenants
    ]
    step = YEAR / max(number, 1)
    start = until - YEAR
    for n in range(number):
        # Squared: a few people sign in much more often than the others.
        who = int(dice.random() ** 2 * crowd.number)
        happening = what[int(dice.random() * len(what))]
        origin = "connect", crowd.address_of(who), crowd.agent_of(who), f"{n:032x}"
        person = crowd.account_of(who), crowd.first_id + who, crowd.name_of(who)
        moment = _by_day(start + step * n, dice, until)
        yield moment, *person, *origin, *happening, *whose[crowd.tenant_of(who)]


def _by_day(moment: datetime, dice: random.Random, until: datetime) -> datetime:
    """This moment; two of three at night are put off by half a day."""
    is_night = moment.hour // 12 == 1  # In UTC: 20 to 8 o'clock in China.
    if is_night and dice.randrange(3):
        return min(moment + timedelta(hours=12), until)
    return moment
