"""What is done to a good request before it is sent: each gives a function that makes another request of one."""

from collections.abc import Callable

from tests.contract.wire import Wire

Spoil = Callable[[Wire], Wire]


def nothing(wire: Wire) -> Wire:
    return wire


def together(*spoils: Spoil) -> Spoil:
    """One after the other."""

    def spoil(wire: Wire) -> Wire:
        for each in spoils:
            wire = each(wire)
        return wire

    return spoil


def with_params(**params: str) -> Spoil:
    return lambda wire: wire.with_params(**params)


def without(*names: str) -> Spoil:
    return lambda wire: wire.without(*names)


def again(name: str) -> Spoil:
    """This parameter twice, with the same value."""
    return lambda wire: wire.again(name)


def with_space_before(name: str) -> Spoil:
    return lambda wire: wire.with_params(**{name: f" {dict(wire.pairs)[name]}"})


def wrong_before(name: str) -> Spoil:
    """This parameter twice, first with a wrong value."""
    return lambda wire: wire.with_params(**{name: "wrong"}).again(name, dict(wire.pairs)[name])


def by(client_id: str, secret: str) -> Spoil:
    """These credentials in the body."""
    return lambda wire: wire.by((client_id, secret))


def by_header(client_id: str, secret: str) -> Spoil:
    """These credentials as Basic."""
    return lambda wire: wire.with_basic((client_id, secret))


def basic(wire: Wire) -> Wire:
    """The right credentials as Basic."""
    return wire.with_basic()


def named(client_id: str) -> Spoil:
    """A client's name without any proof, as public clients do."""
    return lambda wire: wire.by(None).with_params(client_id=client_id)


def anonymous(wire: Wire) -> Wire:
    return wire.by(None)


def authorized(header: str) -> Spoil:
    """This `Authorization` header and no other credentials."""
    return lambda wire: wire.with_authorization(header)


def sent_as(content_type: str) -> Spoil:
    return lambda wire: wire.sent_as(content_type)


def with_query(**params: str) -> Spoil:
    return lambda wire: wire.with_query(**params)


def by_method(method: str) -> Spoil:
    return lambda wire: wire.by_method(method)


def with_bytes(more: bytes) -> Spoil:
    """The encoded parameters and these bytes after them."""
    return lambda wire: wire.with_body(wire.encoded() + more)


def empty(wire: Wire) -> Wire:
    return wire.with_body(b"")
