"""What happens when many ask for SMS codes, or try one, at once and over several processes; and when a vendor hangs."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import Event

import pytest
import requests

from accounts.models import LoginEvent, SmsCode, SmsGateway, User
from tenants.models import Tenant
from tests import factories
from tests.faults.crowd import MANY, all_at_once, at_once
from tests.peers import Peer, listening, says
from tests.processes import serving

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql

CLIENT1 = ("client1", "secret")
PHONE = "+8613800138000"


@pytest.fixture
def user(transactional_db: None) -> User:
    user = factories.make_user(factories.make_tenant(), phone=PHONE)
    factories.make_connect_client(user.tenant, grant_types=["sms", "password"])
    return user


@pytest.fixture
def vendor(user: User) -> Iterator[Peer]:
    """A vendor that takes every message; each of its requests is one."""
    with listening(says(200)) as vendor:
        add_gateway(user.tenant, vendor)
        yield vendor


@pytest.fixture
def base(vendor: Peer) -> Iterator[str]:
    with serving(OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8") as url:
        yield url


def add_gateway(tenant: Tenant, vendor: Peer) -> None:
    template = '{"phone": "{phone}", "code": "{code}"}'
    SmsGateway.objects.create(tenant=tenant, name="peer", kind="http", url=vendor.url(), body_template=template)


def ask(base: str, phone: str = PHONE) -> requests.Response:
    return requests.post(f"{base}/connect/sms", data={"phone": phone}, auth=CLIENT1, timeout=60)


def sign_in(base: str, code: str) -> requests.Response:
    form = {"grant_type": "sms", "phone": PHONE, "sms": code}
    return requests.post(f"{base}/connect/token", data=form, auth=CLIENT1, timeout=60)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_so()


def code_in(vendor: Peer) -> str:
    """The code of the one message, once it has come."""
    wait_until(lambda: bool(vendor.requests))
    [request] = vendor.requests
    message = json.loads(request.partition(b"\r\n\r\n")[2])
    assert message["phone"] == PHONE
    return str(message["code"])


def test_of_many_requests_for_a_code_one_is_in_time(base: str, vendor: Peer) -> None:
    answers = at_once(lambda: ask(base))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 429: MANY - 1}
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in answers if answer.status_code == 429)
    code_in(vendor)
    assert SmsCode.objects.count() == 1
    wait_until(lambda: LoginEvent.objects.filter(kind="sms_sent", outcome="allowed").exists())


def test_of_many_tries_of_one_right_code_exactly_one_succeeds(base: str, vendor: Peer) -> None:
    ask(base)
    code = code_in(vendor)
    answers = at_once(lambda: sign_in(base, code))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: MANY - 1}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    told = Counter(LoginEvent.objects.filter(kind="token").values_list("reason", flat=True))
    assert told == {"": 1, "sms_code_spent": MANY - 1}


def test_after_many_wrong_tries_at_once_the_right_code_is_over(base: str, vendor: Peer) -> None:
    ask(base)
    code = code_in(vendor)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert {answer.status_code for answer in at_once(lambda: sign_in(base, wrong))} == {400}
    assert SmsCode.objects.get().tries == 5
    assert sign_in(base, code).status_code == 400
    assert LoginEvent.objects.order_by("-id")[0].reason == "sms_code_exhausted"


def test_of_many_requests_at_once_no_more_are_paid_for_than_the_tenants_cap(
    base: str, vendor: Peer, user: User
) -> None:
    Tenant.objects.filter(pk=user.tenant_id).update(sms_per_day=5)
    user.tenant.refresh_from_db()
    user.tenant.save()  # So that every process hears of it.
    phones = [f"+86138001380{number:02d}" for number in range(MANY)]
    for phone in phones[1:]:
        factories.make_user(user.tenant, f"user {phone}", None, phone=phone)
    answers = all_at_once([partial(ask, base, phone) for phone in phones])
    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: MANY - 5}
    wait_until(lambda: len(vendor.requests) == 5)
    assert SmsCode.objects.filter(is_sent=True).count() == 5


def test_a_vendor_that_hangs_holds_nobody_up(user: User) -> None:
    let_go = Event()

    def silent(_request: bytes) -> Iterable[bytes]:
        let_go.wait(60)
        return []

    # One process with two threads: less would be no server.
    with listening(silent) as vendor, serving(
        workers=1, threads=2, OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8", OUTBOUND_SECONDS="60"
    ) as base:  # fmt: skip
        add_gateway(user.tenant, vendor)
        people = [factories.make_user(user.tenant, f"u{n}", None, phone=f"+86139001390{n:02d}") for n in range(10)]
        try:
            for person in people:
                assert ask(base, str(person.phone)).status_code == 200
            form = {"grant_type": "password", "username": "admin", "password": "admin"}
            assert requests.post(f"{base}/connect/token", data=form, auth=CLIENT1, timeout=60).status_code == 200
            # All of that while it hung.
            wait_until(lambda: bool(vendor.requests))
            assert not LoginEvent.objects.filter(kind="sms_sent", reason="sms_gateway_failed").exists()
        finally:
            let_go.set()
        wait_until(lambda: LoginEvent.objects.filter(kind="sms_sent").count() == len(people))


def test_the_server_has_answered_before_the_vendor_is_called(base: str, vendor: Peer) -> None:
    """A known phone's answer comes as soon as an unknown one's, whatever the vendor takes."""
    let_go = Event()

    def slow(_request: bytes) -> Iterable[bytes]:
        let_go.wait(60)
        return says(200)(b"")

    vendor.answer = slow
    try:
        assert ask(base).status_code == 200
        assert not LoginEvent.objects.filter(kind="sms_sent").exists()
    finally:
        let_go.set()
    wait_until(lambda: LoginEvent.objects.filter(kind="sms_sent", outcome="allowed").exists())
