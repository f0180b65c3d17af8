"""Argon2id at a fiftieth of its work, for all tests but those of its strength (tests/accounts/test_passwords.py)."""

from accounts.hashers import Argon2idMD5SHA1PasswordHasher, ChosenSecretHasher


class QuickPasswordHasher(Argon2idMD5SHA1PasswordHasher):
    time_cost = 1
    memory_cost = 1024


class QuickSecretHasher(ChosenSecretHasher):
    time_cost = 1
    memory_cost = 1024


# For `settings.PASSWORD_HASHERS`, in the order of config/settings.py.
QUICK_HASHERS = [
    "tests.hashers.QuickPasswordHasher",
    "accounts.hashers.GeneratedSecretHasher",
    "tests.hashers.QuickSecretHasher",
]
