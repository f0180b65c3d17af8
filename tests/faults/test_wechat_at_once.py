"""What happens when many bring one WeChat code, identity or ticket at once, and when WeChat hangs."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from itertools import islice
from threading import Barrier, Event
from typing import Any

import pytest
import requests
from django.db import connection
from django.utils import timezone

from accounts.bind_tickets import find_ticket, keeping_of_ticket, new_ticket, redeeming, why_lost
from accounts.identities import Identity
from accounts.models import LoginEvent, SocialIdentity, User, WechatApp
from accounts.people import look_up
from tenants.encryption import Secret
from tenants.models import Tenant
from tenants.sql import WritePlan, write
from tests import factories
from tests.faults.crowd import MANY, all_at_once, at_once
from tests.processes import serving
from tests.wechat_api import WechatPlayed, wechat_playing

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql

APP_ID = "wx0123456789abcdef"


@pytest.fixture
def user(transactional_db: None) -> User:
    user = factories.make_user(factories.make_tenant(offers_bind_tickets=True))
    make_wechat_client(user.tenant)
    return user


@pytest.fixture
def played() -> Iterator[WechatPlayed]:
    with wechat_playing() as played:
        played.apps[APP_ID] = "the-secret"
        yield played


@pytest.fixture
def base(user: User, played: WechatPlayed, redis_url: str) -> Iterator[str]:
    with serving(CACHE_URL=redis_url, WECHAT_API_URL=played.url, OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8") as url:
        yield url


def make_wechat_client(tenant: Tenant, client_id: str = "client1") -> str:
    """A client for WeChat sign-ins of this tenant, and its app."""
    fields: dict[str, Any] = {"name": "app", "app_id": APP_ID, "secret": Secret.of("the-secret")}
    app = WechatApp.objects.create(tenant=tenant, **fields)
    factories.make_client(
        client_id, "secret", tenant=tenant, wechat_app=app, dialects=["connect"], scopes=["all"],
        grant_types=["password", "wechat"],
    )  # fmt: skip
    return client_id


def ask(base: str, client: str = "client1", **form: str) -> requests.Response:
    return requests.post(f"{base}/connect/token", data={"scope": "all", **form}, auth=(client, "secret"), timeout=60)


def bind(user: User, openid: str = "openid-1", unionid: str = "", app: str = APP_ID) -> SocialIdentity:
    return SocialIdentity.objects.create(
        tenant=user.tenant, user=user, provider="wechat", app=app, openid=openid, unionid=unionid
    )


def make_ticket(user: User, openid: str = "openid-1", app: str = APP_ID, unionid: str = "") -> str:
    ticket = new_ticket()
    identity = Identity(user.tenant_id, app, openid, unionid)
    write(WritePlan([], also=[keeping_of_ticket(ticket, identity, "client1", timezone.now())]))
    return ticket


def codes(answers: list[requests.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_of_many_uses_of_one_code_exactly_one_succeeds_even_if_wechat_forgets(
    base: str, user: User, played: WechatPlayed
) -> None:
    bind(user)
    played.takes_codes_again = True
    code = played.give_code(APP_ID, "the-code", "openid-1")

    def persist() -> requests.Response:
        # Too many at once are sent away, and come again.
        while (answer := ask(base, grant_type="wechat", code=code)).status_code == 503:
            time.sleep(0.05)
        return answer

    assert codes(at_once(persist)) == {200: 1, 400: MANY - 1}
    told = Counter(LoginEvent.objects.values_list("reason", flat=True))
    assert (told[""], told["wechat_code_used"]) == (1, MANY - 1)
    assert set(told) <= {"", "wechat_code_used", "wechat_lanes_full"}


def test_of_many_uses_of_one_ticket_exactly_one_binds(base: str, user: User) -> None:
    ticket = make_ticket(user)
    form = {"grant_type": "password", "username": "admin", "password": "admin", "bind_ticket": ticket}
    assert codes(at_once(lambda: ask(base, **form))) == {200: 1, 400: MANY - 1}
    assert SocialIdentity.objects.get().user == user
    kinds = Counter(LoginEvent.objects.values_list("kind", "outcome"))
    assert kinds == {("token", "allowed"): 1, ("bind", "allowed"): 1, ("token", "refused"): MANY - 1}
    assert set(LoginEvent.objects.filter(outcome="refused").values_list("reason", flat=True)) <= {
        "bind_ticket_used", "identity_bound_already",
    }  # fmt: skip


def test_of_many_tickets_of_one_identity_exactly_one_binds(base: str, user: User) -> None:
    tickets = [make_ticket(user) for _ in range(MANY)]
    form = {"grant_type": "password", "username": "admin", "password": "admin"}
    calls = [partial(ask, base, **form, bind_ticket=ticket) for ticket in tickets]
    assert codes(all_at_once(calls)) == {200: 1, 400: MANY - 1}
    assert SocialIdentity.objects.count() == 1


def test_a_wrong_guess_among_many_rewards_no_right_one_with_the_identity(base: str, user: User) -> None:
    """A lock that falls while a right password is checked keeps the identity unbound, as it keeps tokens back."""
    ticket = make_ticket(user)
    form = {"grant_type": "password", "username": "admin", "bind_ticket": ticket}
    passwords = ["admin" if number == MANY // 2 else "wrong" for number in range(MANY)]
    answers = all_at_once([partial(ask, base, **form, password=password) for password in passwords])
    assert SocialIdentity.objects.count() == codes(answers)[200] <= 1


def test_of_many_first_sign_ins_by_union_id_each_succeeds_and_one_identity_is_bound(
    base: str, user: User, played: WechatPlayed
) -> None:
    bind(user, unionid="union-1", app="wx-other")
    given = [played.give_code(APP_ID, f"code-{number}", "openid-here", "union-1") for number in range(MANY)]

    def sign_in(code: str) -> requests.Response:
        while (answer := ask(base, grant_type="wechat", code=code)).status_code == 503:
            time.sleep(0.05)
        return answer

    assert codes(all_at_once([partial(sign_in, code) for code in given])) == {200: MANY}
    assert SocialIdentity.objects.get(app=APP_ID).user == user


def test_a_wechat_that_hangs_keeps_nobody_else_waiting(user: User, played: WechatPlayed) -> None:
    let_go = Event()

    def silence(_request: bytes) -> Iterator[bytes]:
        let_go.wait(60)
        yield b""

    played.say(silence)
    clients = ["client1", *(make_wechat_client(factories.make_tenant(f"t{n}", f"t{n}"), f"c{n}") for n in range(4))]
    environment: dict[str, Any] = {
        "WECHAT_API_URL": played.url, "OUTBOUND_PRIVATE_NETWORKS": "127.0.0.0/8", "OUTBOUND_SECONDS": "60",
    }  # fmt: skip
    with serving(workers=1, threads=8, **environment) as base, ThreadPoolExecutor(20) as pool:
        sign_in = {"grant_type": "password", "username": "admin", "password": "admin"}
        calls = [partial(ask, base, client, grant_type="wechat", code="x") for client in clients for _time in range(4)]
        waiting = [pool.submit(call) for call in calls]
        try:
            # Four wait for it; who found no lane was sent away.
            sent_away = [future.result().status_code for future in islice(as_completed(waiting), 16)]
            assert set(sent_away) == {503}
            for _time in range(5):
                assert ask(base, **sign_in).status_code == 200
            assert sum(not future.done() for future in waiting) == 4
        finally:
            let_go.set()
        assert {future.result().status_code for future in waiting} == {503}
    reasons = Counter(LoginEvent.objects.filter(grant="wechat").values_list("reason", flat=True))
    assert reasons == {"wechat_unreachable": 4, "wechat_lanes_full": 16}


def test_of_several_people_with_tickets_of_one_union_id_one_binds(user: User) -> None:
    """Each ticket is of another app, so that no identity is the same."""
    now = timezone.now()
    accounts = [user.account, *(factories.make_user(user.tenant, f"user{n}", None).account for n in range(3))]
    for turn in range(5):
        unionid = f"union-{turn}"
        tickets = [make_ticket(user, f"{unionid}-{name}", f"wx-{name}", unionid) for name in accounts]
        barrier = Barrier(len(accounts))

        def redeem(name: str, ticket: str, barrier: Barrier = barrier) -> str:
            try:
                person = look_up(user.tenant_id, name).person
                found = find_ticket(ticket, user.tenant_id, "client1", now)
                assert person is not None
                barrier.wait(20)
                bound = write(WritePlan([], guard=redeeming(found, person, now, None)))
                return "bound" if bound else why_lost(found, person)
            finally:
                connection.close()

        with ThreadPoolExecutor(len(accounts)) as pool:
            outcomes = Counter(pool.map(redeem, accounts, tickets))
        assert outcomes == {"bound": 1, "identity_bound_already": 3}
        assert SocialIdentity.objects.filter(unionid=unionid).count() == 1
