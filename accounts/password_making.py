"""Makes passwords for people who get one from somebody else. It must not know how passwords are kept."""

import secrets

from accounts.models import User

# Read out on the telephone and typed from paper: nothing that looks like something else (0 O o, 1 l I).
_LETTERS_LOW = "abcdefghjkmnpqrstuvwxyz"
_LETTERS_HIGH = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
_ALPHABET = _LETTERS_LOW + _LETTERS_HIGH + _DIGITS
# More than 90 bits.
_LENGTH = 16
_GROUP = 4


def make_password_for(person: User) -> str:
    """A password of letters and digits in groups of four, at least as long as the tenant's policy says."""
    length = max(_LENGTH, person.tenant.shortest_password)
    while True:
        signs = [secrets.choice(_ALPHABET) for _ in range(length)]
        # Whatever a later policy may ask for, all kinds are there; almost every draw has them.
        if all(set(signs) & set(kind) for kind in (_LETTERS_LOW, _LETTERS_HIGH, _DIGITS)):
            return "-".join("".join(signs[at : at + _GROUP]) for at in range(0, length, _GROUP))
