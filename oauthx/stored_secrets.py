"""Finds all that stands encrypted in the database, to open it or to write it anew. It must not know what it opens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import InvalidToken
from django.db import models

from oauthx.models import SigningKey
from tenants.encryption import Secret, decrypt, encrypt_anew, secret_columns

_BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """One encrypted value and where it stands."""

    model: type[models.Model]
    column: str
    pk: Any
    value: Any = field(repr=False)

    @property
    def place(self) -> str:
        """The column, for people: `accounts.directory.service_password`."""
        return f"{self.model._meta.label_lower}.{self.column}"

    @property
    def can_be_opened(self) -> bool:
        try:
            decrypt(_encrypted(self.value))
        except InvalidToken:
            return False
        return True

    def write_anew(self, *, is_preview: bool = False) -> bool:
        """Encrypt it with the first of KEY_ENCRYPTION_KEYS; whether it was not yet. A preview stores nothing.

        Somebody who has just entered another one keeps that.

        Raises:
            cryptography.fernet.InvalidToken: none of them opens it.
        """
        before = _encrypted(self.value)
        after = encrypt_anew(before)
        if after != before and not is_preview:
            value = Secret(after) if isinstance(self.value, Secret) else after
            same = self.model._base_manager.filter(pk=self.pk, **{self.column: self.value})
            same.update(**{self.column: value})
        return after != before


def columns() -> list[tuple[type[models.Model], str]]:
    """Every column whose values are encrypted."""
    return [(SigningKey, "encrypted_private_part"), *secret_columns()]


def stored_secrets(model: type[models.Model], column: str) -> Iterator[StoredSecret]:
    """What is set in this column, in batches."""
    rows = model._base_manager.order_by("pk").values_list("pk", column)
    for pk, value in rows.iterator(chunk_size=_BATCH):
        if value:
            yield StoredSecret(model, column, pk, value)


def _encrypted(value: Any) -> str:
    return value.encrypted if isinstance(value, Secret) else str(value)
