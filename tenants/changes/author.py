"""Who acts at this moment: a person of the console, or the system by its command's name. It must not know users."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePath

_PROGRAMS = {"manage.py", "django-admin", "__main__.py"}


@dataclass(frozen=True, slots=True)
class Author:
    """A person as he was, and where he was; or the system: a command, or an address that was called by nobody known."""

    user_id: int | None = None
    account: str = ""
    real_name: str = ""
    tenant_id: int | None = None
    tenant_code: str = ""
    address: str | None = None
    request_id: str = ""
    system: str = ""


_source: ContextVar[Callable[[], Author] | None] = ContextVar("author", default=None)


@contextmanager
def acting(source: Callable[[], Author]) -> Iterator[None]:
    """What changes in here was done by whom `source` tells; it is asked once, and only when something is to change."""
    token = _source.set(cache(source))
    try:
        yield
    finally:
        _source.reset(token)


@contextmanager
def acting_as(system: str, by: Author | None = None) -> Iterator[None]:
    """What changes in here was done by this part of the system, at the wish of whoever acts already, or of `by`."""
    before = _source.get()
    with acting(lambda: replace(by or _asked(before), system=system)):
        yield


@contextmanager
def acting_alone(system: str) -> Iterator[None]:
    """What changes in here was done by this part of the system, whoever may be signed in where it was called from."""
    before = _source.get()

    def source() -> Author:
        author = _asked(before)
        return Author(address=author.address, request_id=author.request_id, system=system)

    with acting(source):
        yield


def current_author() -> Author:
    """Who acts; outside of any request, the command that runs."""
    return _asked(_source.get())


def _asked(source: Callable[[], Author] | None) -> Author:
    return Author(system=command_of(sys.argv)) if source is None else source()


def command_of(arguments: Sequence[str]) -> str:
    """The name of the management command, or of the program, that these arguments start."""
    program = PurePath(arguments[0]).name if arguments else ""
    return (arguments[1] if program in _PROGRAMS and len(arguments) > 1 else program)[:64]
