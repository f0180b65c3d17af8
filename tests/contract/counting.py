"""A password hasher that counts, so that a test can ask how much work a request cost."""

from accounts.hashers import Argon2idMD5SHA1PasswordHasher


class CountingHasher(Argon2idMD5SHA1PasswordHasher):
    """The people's hasher itself; `computed` grows by one with every Argon2id."""

    computed = 0

    def encode_sha1(self, sha1: str, salt: str | None = None) -> str:
        CountingHasher.computed += 1
        return super().encode_sha1(sha1, salt)

    def verify_md5(self, md5: str, encoded: str) -> bool:
        CountingHasher.computed += 1
        return super().verify_md5(md5, encoded)
