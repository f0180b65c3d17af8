"""OpenID Connect Back-Channel Logout section 2.8: what the application's answer means, and what no answer does."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from oauthx import cleanup
from oauthx.logout.delivery import PAUSES, REST, deliver_due
from oauthx.models import Client, LogoutNotice, SigningKey
from oauthx.signing import create_key
from tests.contract.world import World
from tests.peers import Peer, listening, says
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import end_session, verified
from tests.protocol.logout_receiver import logout_tokens


@pytest.fixture
def notice(flow: Flow, hint: str) -> LogoutNotice:
    """What stands in the queue after a logout."""
    end_session(flow, id_token_hint=hint)
    return LogoutNotice.objects.get()


def pause(world: World) -> timedelta:
    """How long it is until the next attempt."""
    upcoming = LogoutNotice.objects.get(given_up_at=None).next_attempt_at - world.clock()
    assert isinstance(upcoming, timedelta)
    return upcoming


def add_notices(of: LogoutNotice, client: Client, due: datetime, number: int) -> None:
    LogoutNotice.objects.bulk_create(
        LogoutNotice(client=client, sid=of.sid, subject="1", issuer=of.issuer, next_attempt_at=due)
        for _number in range(number)
    )


@pytest.mark.parametrize("status", [200, 204])
def test_section_2_8_an_application_that_is_done_is_not_told_again(
    notice: LogoutNotice, peer: Peer, status: int
) -> None:
    peer.answer = says(status)
    assert deliver_due() == 1
    assert not LogoutNotice.objects.exists()


def test_section_2_8_an_application_that_refuses_is_not_asked_again(
    world: World, notice: LogoutNotice, peer: Peer, caplog: Any
) -> None:
    peer.answer = says(400, b'{"error":"invalid_request"}', "application/json")
    assert deliver_due() == 1
    world.pass_time(days=1)
    assert deliver_due() == 0
    notice.refresh_from_db()
    assert (notice.last_error, notice.given_up_at is not None) == ("400", True)
    assert f"logout notice given up notice={notice.pk} client=webapp attempts=1 answer=400" in caplog.text


@pytest.mark.parametrize("status", [201, 301, 302, 307, 401, 403, 404, 429, 500, 501, 503])
def test_section_2_8_every_other_answer_brings_another_attempt(
    world: World, notice: LogoutNotice, peer: Peer, status: int
) -> None:
    peer.answer = says(status, Location=peer.url("/elsewhere"))
    assert deliver_due() == 1
    assert len(peer.requests) == 1, "no redirect is followed"
    assert pause(world) == timedelta(seconds=5)
    peer.answer = says(200)
    world.pass_time(seconds=5)
    assert deliver_due() == 1
    assert not LogoutNotice.objects.exists()


def test_attempts_come_less_and_less_often_and_then_no_more(world: World, notice: LogoutNotice, peer: Peer) -> None:
    peer.answer = says(500)
    for after in PAUSES:
        assert deliver_due() == 1
        assert pause(world) == after
        world.clock.moment += after - timedelta(seconds=1)
        assert deliver_due() == 0
        world.pass_time(seconds=1)
    assert deliver_due() == 1
    world.pass_time(days=1)
    assert deliver_due() == 0
    notice.refresh_from_db()
    assert (notice.attempts, notice.last_error, notice.given_up_at is not None) == (5, "500", True)
    assert len(peer.requests) == 5


def test_each_attempt_has_a_token_of_its_own(world: World, notice: LogoutNotice, peer: Peer) -> None:
    peer.answer = says(503)
    deliver_due()
    world.pass_time(minutes=5)
    deliver_due()
    first, second = (verified(world, token).claims for token in logout_tokens(peer))
    assert first["jti"] != second["jti"]
    assert second["iat"] - first["iat"] == 300


def test_a_notice_that_was_given_up_is_kept_for_a_week(world: World, notice: LogoutNotice, peer: Peer) -> None:
    peer.answer = says(400)
    deliver_due()
    world.pass_time(days=6)
    cleanup.clear_expired(world.clock())
    assert LogoutNotice.objects.exists()
    world.pass_time(days=1)
    cleanup.clear_expired(world.clock())
    assert not LogoutNotice.objects.exists()


def test_a_notice_without_a_usable_key_does_not_hold_the_others_up(
    world: World, notice: LogoutNotice, peer: Peer
) -> None:
    broken = create_key("ES256")
    SigningKey.objects.filter(pk=broken.pk).update(encrypted_private_part="nonsense")
    world.make_client("broken", algorithm="ES256", backchannel_logout_uri=peer.url("/broken"))
    client = world.of(("broken", ""))
    LogoutNotice.objects.create(
        client=client, sid=notice.sid, subject="1", issuer=notice.issuer, next_attempt_at=notice.next_attempt_at
    )
    assert deliver_due() == 2
    assert [verified(world, token).claims["aud"] for token in logout_tokens(peer)] == ["webapp"]
    assert LogoutNotice.objects.get().last_error == "no token"


def test_many_notices_are_all_sent(world: World, notice: LogoutNotice, peer: Peer) -> None:
    add_notices(notice, notice.client, world.clock(), 40)
    assert deliver_due() == 41
    assert len(peer.requests) == 41


def test_an_application_that_hangs_does_not_hold_up_the_others(world: World, notice: LogoutNotice, peer: Peer) -> None:
    world.settings.OUTBOUND_SECONDS = budget = 2

    def hang(_request: bytes) -> Iterator[bytes]:
        time.sleep(budget + 1)
        yield b""

    with listening(hang) as hanging:
        app = world.make_client("hanging", backchannel_logout_uri=hanging.url())
        add_notices(notice, world.of(app), notice.next_attempt_at - timedelta(minutes=1), 40)
        started = time.monotonic()
        assert deliver_due() == 2 + 1
        # What one of them takes, and not each of forty.
        assert time.monotonic() - started < 1.5 * budget
        assert len(hanging.requests) == 2
    assert len(peer.requests) == 1


def test_an_application_that_is_down_is_tried_again_with_a_few_at_a_time(
    world: World, notice: LogoutNotice, peer: Peer
) -> None:
    with listening(says(200)) as gone:
        address = gone.url()
    LogoutNotice.objects.all().delete()
    app = world.make_client("down", backchannel_logout_uri=address)
    add_notices(notice, world.of(app), world.clock(), 10)
    assert deliver_due() == 2
    assert LogoutNotice.objects.filter(attempts=0, next_attempt_at=world.clock() + REST).count() == 8
    Client.objects.filter(client_id="down").update(backchannel_logout_uri=peer.url())
    world.pass_time(seconds=REST.total_seconds())
    assert deliver_due() == 10
    assert not LogoutNotice.objects.exists()


def test_the_command_sends_what_is_due(notice: LogoutNotice, peer: Peer, capsys: Any) -> None:
    peer.answer = says(500)
    call_command("deliver_logout_notices")
    assert len(peer.requests) == 1
    assert "1" in capsys.readouterr().out
    call_command("deliver_logout_notices")
    assert len(peer.requests) == 1


def test_no_token_stands_in_the_log_or_the_row(notice: LogoutNotice, peer: Peer, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    peer.answer = says(500)
    deliver_due()
    [token] = logout_tokens(peer)
    notice.refresh_from_db()
    assert token not in caplog.text
    assert token.split(".")[1] not in caplog.text
    assert notice.last_error == "500"
