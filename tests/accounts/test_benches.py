"""Servers that failed are left alone for a while, and tried again by one caller at a time."""

from accounts.gateways.benches import BENCH_SECONDS, Benches


class Clock:
    """Seconds that pass when told to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_failed_server_is_left_alone_for_half_a_minute() -> None:
    clock = Clock()
    benches = Benches(clock)
    assert benches.claim("a")
    benches.put("a", "silent")
    clock.seconds = BENCH_SECONDS - 1
    assert not benches.claim("a")
    assert benches.claim("b")
    clock.seconds = BENCH_SECONDS
    assert benches.claim("a")


def test_one_caller_at_a_time_tries_it_again() -> None:
    clock = Clock()
    benches = Benches(clock)
    benches.put("a", "silent")
    clock.seconds = BENCH_SECONDS
    assert benches.claim("a")
    assert not benches.claim("a")
    benches.put("a", "silent")
    assert not benches.claim("a")
    clock.seconds = 2 * BENCH_SECONDS
    assert benches.claim("a")
    benches.leave("a")
    assert benches.claim("a")
    assert benches.claim("a")


def test_where_all_are_benched_one_caller_tries_the_one_that_sat_longest() -> None:
    clock = Clock()
    benches = Benches(clock)
    benches.put("b", "dead")
    clock.seconds = 1
    benches.put("a", "silent")
    assert benches.claim_one_of(["a", "b"]) == "b"
    assert benches.claim_one_of(["a", "b"]) is None
    benches.put("b", "dead")
    assert benches.claim_one_of(["a", "b"]) == "a"


def test_a_silent_one_rests_for_as_long_as_it_held_its_caller_up() -> None:
    clock = Clock()
    benches = Benches(clock)
    benches.put("a", "silent", held_seconds=3)
    clock.seconds = 2.9
    assert benches.claim_one_of(["a"]) is None
    clock.seconds = 3
    assert benches.claim_one_of(["a"]) == "a"


def test_says_why_the_first_one_is_benched() -> None:
    benches = Benches()
    assert benches.reason_of(["a", "b"]) == ""
    benches.put("b", "dead")
    assert benches.reason_of(["a", "b"]) == "dead"
    benches.forget()
    assert benches.claim("b")
