"""The codes that people copy from a device (RFC 8628 section 6.1). It must not know what they lead to."""

import re
import secrets
import unicodedata

# Section 6.1: no vowels, so no words, and no digits to be taken for letters. 20^8 codes, 34 bits.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
# What people send instead of a code is no longer than this, or it is none.
MAX_TYPED = 64

_BETWEEN = re.compile(r"[\s_.\u002d\u2010-\u2015\u2212]")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def make_user_code() -> str:
    """A random user code, without its hyphen."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def show_user_code(code: str) -> str:
    """The code as a device shows it: in two halves."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_user_code(typed: str) -> str | None:
    """The code that somebody means, in any case, width and grouping; None if it can be none."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[:MAX_TYPED])).upper()
    return plain if _CODE.fullmatch(plain) else None
