"""Twenty processes that do the same thing at the same moment, as twenty applications would."""

import multiprocessing
import warnings
from collections.abc import Callable, Sequence

import requests

MANY = 20
Call = Callable[[], requests.Response]


def at_once(call: Call) -> list[requests.Response]:
    """The answers of MANY calls of the same."""
    return all_at_once([call] * MANY)


def all_at_once(calls: Sequence[Call]) -> list[requests.Response]:
    """The answers of these calls, each made by a process of its own, all let go at the same moment; in any order.

    The calls ask servers and nothing else: the processes are forked, and a database connection is nobody's twice.
    """
    context = multiprocessing.get_context("fork")
    barrier, told = context.Barrier(len(calls)), context.SimpleQueue()

    def go(call: Call) -> None:
        barrier.wait(60)
        try:
            told.put(call())
        except requests.RequestException as error:
            told.put(error)

    processes = [context.Process(target=go, args=(call,), daemon=True) for call in calls]
    with warnings.catch_warnings():
        # From Python 3.12 on, of forking beside threads: the children touch nothing that these hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        for process in processes:
            process.start()
    answers = [told.get() for _process in processes]
    for process in processes:
        process.join()
    failures = [answer for answer in answers if isinstance(answer, Exception)]
    assert not failures, failures
    return answers
