"""As much of BER (X.690) as LDAP needs to be answered quickly: lengths, integers, and what stands within what."""

from collections.abc import Iterator

Element = tuple[int, bytes]


def element(tag: int, *content: bytes) -> bytes:
    """A tag, a length, and this content."""
    body = b"".join(content)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def integer(value: int, tag: int = 0x02) -> bytes:
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value: str | bytes, tag: int = 0x04) -> bytes:
    return element(tag, value.encode() if isinstance(value, str) else value)


def elements(data: bytes) -> Iterator[Element]:
    """What stands in this content, one after the other."""
    place = 0
    while place < len(data):
        tag, start, end = header(data, place)
        yield tag, data[start:end]
        place = end


def header(data: bytes, place: int = 0) -> tuple[int, int, int]:
    """The tag at this place, and where its content starts and ends.

    Raises:
        IndexError: it is not whole yet.
    """
    tag, size, start = data[place], data[place + 1], place + 2
    if size & 0x80:
        width = size & 0x7F
        if len(data) < start + width:
            raise IndexError
        size, start = int.from_bytes(data[start : start + width], "big"), start + width
    if len(data) < start + size:
        raise IndexError
    return tag, start, start + size


def number(content: bytes) -> int:
    return int.from_bytes(content, "big", signed=True)
