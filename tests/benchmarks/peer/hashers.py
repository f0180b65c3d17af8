"""Django's Argon2 hasher at the cost that ours has, so that a login is compared fairly."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OwaspArgon2Hasher(Argon2PasswordHasher):
    memory_cost = 19 * 1024
    parallelism = 1
