"""Which models are tracked, which of their columns are secrets, and what belongs to them as a list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from tenants.encryption import SecretField


@dataclass(frozen=True, slots=True)
class Part:
    """Rows below a row, in order: the roles of a person. `shows` are the columns by which people know one of them."""

    model: type[Model]
    owner: str
    shows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tracked:
    """How a model is recorded.

    Attributes:
        tenant_path: leads from the model to its tenant, as `scoping.tenant_id_of` takes it.
        secrets: columns of which is told that they changed, and never what they hold.
        ignored: columns that say nothing about what somebody did.
        parts: rows below it, by the name that the list has; relations: its own many-to-many fields.
    """

    model: type[Model]
    tenant_path: str = "tenant"
    secrets: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    parts: Mapping[str, Part] = field(default_factory=dict)
    relations: tuple[str, ...] = ()

    @property
    def lists(self) -> tuple[str, ...]:
        return (*self.parts, *self.relations)

    def fields(self, only: Iterable[str] | None = None) -> list[Any]:
        """The columns to compare, or those among them that `only` names, by field or by column."""
        wanted = None if only is None else set(only)
        return [
            column
            for column in self.model._meta.concrete_fields
            if not column.primary_key
            and column.name not in self.ignored
            and not getattr(column, "auto_now", False)
            and not getattr(column, "auto_now_add", False)
            and (wanted is None or column.name in wanted or column.attname in wanted)
        ]


_tracked: dict[type[Model], Tracked] = {}


def track(
    model: type[Model],
    *,
    tenant_path: str = "tenant",
    secrets: Iterable[str] = (),
    ignored: Iterable[str] = (),
    parts: Mapping[str, Part] | None = None,
    relations: tuple[str, ...] = (),
    watches: bool = True,
) -> None:
    """Record changes of this model, as `Tracked` says.

    With `watches=False` nothing is recorded by itself, for tables that are written on the hot path: code that changes a
    row by somebody's wish says so (`note_created`, `note_deleted`).
    """
    from tenants.changes.ledger import watch  # noqa: PLC0415 - it knows what is tracked

    _tracked[model] = Tracked(model, tenant_path, frozenset(secrets), frozenset(ignored), parts or {}, relations)
    if watches:
        watch(_tracked[model])


def tracked(model: type[Model]) -> Tracked | None:
    """How this model is recorded; None if it is not."""
    return _tracked.get(model)


def is_secret(entry: Tracked, column: Any) -> bool:
    """Whether nothing may be told of what this column holds."""
    return isinstance(column, SecretField) or column.name in entry.secrets
