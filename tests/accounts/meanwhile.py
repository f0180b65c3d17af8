"""Does one thing in the midst of another, each on a connection of its own, so that they meet whenever they can."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.signals import ModelSignal

First = TypeVar("First")
Second = TypeVar("Second")


def do_meanwhile(
    signal: ModelSignal,
    model: type[Model],
    first: Callable[[], First],
    second: Callable[[], Second],
    wait_seconds: float = 0.4,
) -> tuple[First, Second]:
    """What both return. The first stops at this signal of the model until the second is done, or has waited so long."""
    is_there, may_go_on = Event(), Event()

    def stop(**_signal: Any) -> None:
        if not is_there.is_set():
            is_there.set()
            may_go_on.wait(wait_seconds)

    def do_first() -> First:
        try:
            return first()
        finally:
            connection.close()

    def do_second() -> Second:
        try:
            assert is_there.wait(10)
            return second()
        finally:
            may_go_on.set()
            connection.close()

    signal.connect(stop, sender=model)
    try:
        with ThreadPoolExecutor(2) as threads:
            one, other = threads.submit(do_first), threads.submit(do_second)
            return one.result(), other.result()
    finally:
        signal.disconnect(stop, sender=model)
