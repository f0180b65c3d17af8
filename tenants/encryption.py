"""Keeps secrets of others encrypted in the database, with KEY_ENCRYPTION_KEYS. It must not know what they open."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


def encrypt(value: bytes) -> str:
    """The value, encrypted with the first of KEY_ENCRYPTION_KEYS."""
    return _cipher().encrypt(value).decode()


def decrypt(encrypted: str) -> bytes:
    """What was encrypted with any of KEY_ENCRYPTION_KEYS.

    Raises:
        cryptography.fernet.InvalidToken: none of them opens it.
    """
    return _cipher().decrypt(encrypted.encode())


def encrypt_anew(encrypted: str) -> str:
    """The same, encrypted with the first of KEY_ENCRYPTION_KEYS; unchanged if it is already.

    Raises:
        cryptography.fernet.InvalidToken: none of them opens it.
    """
    try:
        Fernet(settings.KEY_ENCRYPTION_KEYS[0]).decrypt(encrypted.encode())
    except InvalidToken:
        return _cipher().rotate(encrypted.encode()).decode()
    return encrypted


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.KEY_ENCRYPTION_KEYS])


# Before what `dumpdata` writes, so that `loaddata` takes it as it is. Nobody types this: forms give a `Secret`.
_MARK = "hufu-encrypted:"


class Secret:
    """An encrypted text as it stands in the database: shown nowhere, opened by `reveal`. An empty one is false."""

    def __init__(self, encrypted: str = "") -> None:
        self._encrypted = encrypted

    @classmethod
    def of(cls, plain: str) -> "Secret":
        return cls(encrypt(plain.encode()) if plain else "")

    @property
    def encrypted(self) -> str:
        return self._encrypted

    def reveal(self) -> str:
        """The plain text; "" where none is set.

        Raises:
            cryptography.fernet.InvalidToken: it was encrypted with a key that is no more.
        """
        return decrypt(self._encrypted).decode() if self._encrypted else ""

    def __bool__(self) -> bool:
        return bool(self._encrypted)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._encrypted == self._encrypted

    def __hash__(self) -> int:
        return hash(self._encrypted)

    def __repr__(self) -> str:
        return "Secret(…)" if self else "Secret()"

    # What a page, a log or a message would show of it.
    __str__ = __repr__


class SecretField(TextField):
    """A column that holds a `Secret`. A form shows it by `tenants.console.SecretInput`, which never sends it back."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"default": Secret, "blank": True, **options})

    def from_db_value(self, value: str | None, *_context: Any) -> Secret:
        return Secret(value or "")

    def to_python(self, value: Any) -> Secret:
        if isinstance(value, Secret):
            return value
        text = str(value or "")
        return Secret(text.removeprefix(_MARK)) if text.startswith(_MARK) else Secret.of(text)

    def get_prep_value(self, value: Any) -> str:
        return self.to_python(value).encrypted

    def value_to_string(self, obj: Any) -> str:
        """For `dumpdata`: encrypted, as it stands in the database, and marked as such."""
        secret = self.to_python(self.value_from_object(obj))
        return f"{_MARK}{secret.encrypted}" if secret else ""


def secret_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Every model with a `SecretField`, and the field's name."""
    for model in apps.get_models(include_auto_created=True):
        for column in model._meta.concrete_fields:
            if isinstance(column, SecretField) and column.model is model:
                yield model, column.attname
