"""Values of a row as they are kept: plain data that people can read when row, relations and model are gone."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model

from tenants.changes.tracking import Part, Tracked, is_secret
from tenants.scoping import tenant_id_of

# Stands for a secret that is set; what it is stands nowhere.
SECRET = {"secret": True}
_EMPTY: tuple[Any, ...] = (None, "", [], {})
# A certificate or a key set that is longer is cut: the table is no copy of it.
_LONGEST = 4000
# So many owners are asked for in one statement: what one may name is limited.
_AT_ONCE = 5000

# What a row holds, by the names of its columns: secrets as they are. It lives in memory and is never stored.
Snapshot = dict[str, Any]


def snapshot(entry: Tracked, row: Model, only: Iterable[str] | None = None) -> Snapshot:
    """What the row holds at this moment; of relations, their keys and names."""
    return {column.name: _value_of(entry, row, column) for column in entry.fields(only)}


def _value_of(entry: Tracked, row: Model, column: Any) -> Any:
    value = getattr(row, column.attname)
    if is_secret(entry, column):
        return _Hidden(value)
    try:
        value = column.to_python(value)
    except ValidationError:
        value = str(value)
    if column.is_relation and value is not None:
        return _Related(row, column, value, entry.tenant_path)
    return _plain(value)


class _Hidden:
    """A secret, to be compared and not to be told."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hidden) and other._value == self._value

    __hash__ = None  # type: ignore[assignment]  # it is in no set

    def __bool__(self) -> bool:
        return bool(self._value)


class _Related:
    """A related row, compared by its key; its name is asked for only where it differs."""

    def __init__(self, row: Model, column: Any, key: Any, tenant_path: str) -> None:
        self._row = row
        self._column = column
        self._tenant_path = tenant_path
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Related) and other.key == self.key

    __hash__ = None  # type: ignore[assignment]  # it is in no set

    def named(self) -> dict[str, Any]:
        try:
            related = getattr(self._row, self._column.name)
        except ObjectDoesNotExist:
            return {"pk": str(self.key), "name": str(self.key)}
        tenant_id = getattr(related, "tenant_id", None)
        # A row of another tenant says so, for as long as the entry is kept.
        strange = {} if tenant_id == tenant_id_of(self._row, self._tenant_path) else {"tenant": tenant_id}
        return {**named(related), **(strange if tenant_id is not None else {})}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        return value if len(str(value)) <= _LONGEST else _cut(str(value))
    return _cut(str(value))


def _cut(text: str) -> str:
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)})"


def named(row: Any) -> dict[str, Any]:
    """A row by its key and its name; a permission by its codename, which every language has a text for."""
    natural = getattr(row, "codename", None)
    name = f"{row.content_type.app_label}.{natural}" if natural else _cut(str(row))
    return {"pk": str(row.pk), "name": name}


def told(value: Any) -> Any:
    """The value as it is stored."""
    if isinstance(value, _Hidden):
        return dict(SECRET) if value else None
    return value.named() if isinstance(value, _Related) else value


def difference(before: Snapshot, after: Snapshot, omitted: Collection[str] = ()) -> dict[str, list[Any]]:
    """What differs, as [old, new]; a column that only one of them names counts as empty in the other."""
    changes: dict[str, list[Any]] = {}
    for name in dict.fromkeys((*before, *after)):
        if name in omitted:
            continue
        old, new = before.get(name), after.get(name)
        if old == new or (not _is_told(old) and not _is_told(new)):
            continue
        changes[name] = [told(old), told(new)]
    return changes


def _is_told(value: Any) -> bool:
    return bool(value) if isinstance(value, _Hidden) else value not in _EMPTY


def read_list(entry: Tracked, name: str, keys: Collection[Any]) -> dict[Any, list[Any]]:
    """The rows of this list, in their order, of each of these owners."""
    part = entry.parts.get(name) or _part_of_relation(entry, name)
    rows: dict[Any, list[Any]] = {key: [] for key in keys}
    shown = [column for column in part.shows if part.model._meta.get_field(column).is_relation]
    found = part.model._base_manager.select_related(*_deeply(part, shown))
    found = found.order_by(*(part.model._meta.ordering or ("pk",)))
    owner: Any = part.model._meta.get_field(part.owner)
    owners = list(keys)
    for start in range(0, len(owners), _AT_ONCE):
        for row in found.filter(**{f"{part.owner}__in": owners[start : start + _AT_ONCE]}):
            rows[getattr(row, owner.attname)].append(_shown(row, part))
    return (
        rows if name in entry.parts else {key: sorted(some, key=lambda one: one["name"]) for key, some in rows.items()}
    )


def _deeply(part: Part, columns: list[str]) -> list[str]:
    """A permission's name needs its content type."""
    deep = []
    for column in columns:
        related: Any = part.model._meta.get_field(column).related_model
        deep.append(f"{column}__content_type" if related._meta.label == "auth.Permission" else column)
    return deep


def _shown(row: Any, part: Part) -> Any:
    values = [getattr(row, column) for column in part.shows]
    if len(values) == 1 and isinstance(values[0], Model):
        return named(values[0])
    return " ".join(str(value) for value in values if value)


def _part_of_relation(entry: Tracked, name: str) -> Part:
    relation: Any = entry.model._meta.get_field(name)
    return Part(relation.remote_field.through, relation.m2m_field_name(), (relation.m2m_reverse_field_name(),))
