"""The columns of an import or export, and how their cells are read and written. They must not know any model.

A cell that is empty empties what can be empty; elsewhere, None says: leave it.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Model
from django.utils import timezone, translation
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import Widget

from tenants.console.transfer.reading import RoundedNumber
from tenants.moments import is_settable

# What a database's key can be.
END_OF_IDS = 2**63
# Ids that are given stay below: those to come go on above them, and never run out.
END_OF_NEW_IDS = 2**62
_SEPARATORS = re.compile(r"[,;\n，；]")
_TRUE = {"1", "true", "yes", "y", "on", "是", "启用", "真"}
_FALSE = {"0", "false", "no", "n", "off", "否", "禁用", "停用", "假"}


class Cell(Widget):
    """A text. Nothing that a database or a page could not hold gets further."""

    def __init__(self, empty: Any = "") -> None:
        super().__init__()
        self.empty = empty

    def clean(self, value: str, row: Any = None, **context: Any) -> Any:  # noqa: ARG002 - the package's hook
        """What the cell says.

        Raises:
            ValueError: what is wrong with it.
        """
        if not is_plain(value):
            raise ValueError(_("There is a control character in it: type the text anew."))
        return self.read(value, context) if value else self.empty

    def read(self, text: str, context: dict[str, Any]) -> Any:  # noqa: ARG002 - for those that need it
        if isinstance(text, RoundedNumber):
            raise ValueError(_rounded())  # noqa: TRY004 - what the package takes for a bad cell
        return text

    def render(self, value: Any, obj: Any = None, **_context: Any) -> Any:  # noqa: ARG002 - the package's hook
        return "" if value is None else value

    def tell(self, value: Any, obj: Any = None, **context: Any) -> str:
        """What the value is to people, where `render` writes it for a file."""
        return str(self.render(value, obj, **context))


class KeyCell(Cell):
    """The id of a row, written as text: a spreadsheet rounds what has more than 15 digits."""

    def __init__(self) -> None:
        super().__init__(None)

    def read(self, text: str, context: dict[str, Any]) -> int:  # noqa: ARG002
        if isinstance(text, RoundedNumber) or re.fullmatch(r"[0-9.]+E\+?[0-9]+", text, re.IGNORECASE):
            raise ValueError(_rounded())
        if not re.fullmatch(r"[0-9]{1,19}", text):
            raise ValueError(_("An id is a whole number: correct it, or leave it empty for a new row."))
        if not 0 < int(text) < END_OF_IDS:
            raise ValueError(_("This id cannot be taken."))
        return int(text)

    def render(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return "" if value is None else str(value)


class NumberCell(Cell):
    """A whole number; empty leaves it."""

    def __init__(self) -> None:
        super().__init__(None)

    def read(self, text: str, context: dict[str, Any]) -> int:  # noqa: ARG002
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise ValueError(_("A whole number is expected: %(value)s") % {"value": shortened(text)})
        return int(text)


class SwitchCell(Cell):
    """Yes or no; empty leaves it."""

    def __init__(self) -> None:
        super().__init__(None)

    def read(self, text: str, context: dict[str, Any]) -> bool:  # noqa: ARG002
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError(_("Write 1 for yes or 0 for no: %(value)s") % {"value": shortened(text)})

    def render(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return "1" if value else "0"

    def tell(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return _("Yes") if value else _("No")


class ChoiceCell(Cell):
    """One of some values, by name or by title; empty leaves it. `also` are other spellings."""

    def __init__(self, choices: Iterable[tuple[str, Any]], **also: str) -> None:
        super().__init__(None)
        self.choices = list(choices)
        self.also = {key.strip("_"): value for key, value in also.items()}

    def read(self, text: str, context: dict[str, Any]) -> str:  # noqa: ARG002
        spelled = {value: value for value, _title in self.choices} | self.also
        for value, title in self.choices:
            spelled |= {name.lower(): value for name in in_every_language(title)}
        if text.lower() not in spelled:
            names = ", ".join(value for value, _title in self.choices)
            raise ValueError(_("%(value)s is none of: %(names)s") % {"value": shortened(text), "names": names})
        return spelled[text.lower()]

    def tell(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return str(dict(self.choices).get(value, value))


class MomentCell(Cell):
    """A moment, in the tenant's time zone where it names none; empty is none."""

    def __init__(self) -> None:
        super().__init__(None)

    def read(self, text: str, context: dict[str, Any]) -> datetime:
        zone: ZoneInfo = context["resource"].zone
        try:
            moment = parse_datetime(text.replace("/", "-"))
            day = None if moment else parse_date(text.replace("/", "-"))
        except ValueError:
            moment = day = None
        if moment is None and day is not None:
            moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        if moment is None or not is_settable(moment):
            raise ValueError(_("Write a moment like 2024-05-01 08:00:00: %(value)s") % {"value": shortened(text)})
        return moment if timezone.is_aware(moment) else moment.replace(tzinfo=zone)

    def render(self, value: Any, obj: Any = None, **context: Any) -> str:
        zone = context["resource"].zone_of(obj) if "resource" in context else UTC
        return "" if value is None else value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


class NamesCell(Cell):
    """Several values, separated by commas.

    `lines`: the model keeps them as a text, one a line; with that and with `spaces`, spaces separate, too.
    """

    def __init__(self, *, lines: bool = False, spaces: bool = False) -> None:
        super().__init__("")
        self.lines, self.spaces = lines, spaces

    def clean(self, value: str, row: Any = None, **context: Any) -> Any:
        text = super().clean(value, row, **context) or ""
        names = split_names(",".join(text.split()) if self.lines or self.spaces else text)
        return "\n".join(names) if self.lines else names

    def render(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return ", ".join((value or "").split() if self.lines else (value or ()))


class JSONCell(Cell):
    """A JSON object; empty is none."""

    def __init__(self) -> None:
        super().__init__(None)

    def read(self, text: str, context: dict[str, Any]) -> Any:  # noqa: ARG002
        try:
            value = json.loads(text)
            json.dumps(value, allow_nan=False).encode()
        except (ValueError, RecursionError):
            raise ValueError(_("This is no JSON.")) from None
        if not isinstance(value, dict) or "\\u0000" in json.dumps(value):
            raise ValueError(_("This is no key set."))
        return value

    def render(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return "" if value is None else json.dumps(value, ensure_ascii=False)


class Column(Field):
    """A column: its name in the model, what people call it, and by which other headings it is known.

    `aside` keeps what was read for the resource instead of setting it on the row; `exports` is False for what is only
    ever read, such as a hash.
    """

    def __init__(
        self,
        name: str,
        title: Any,
        cell: Cell | None = None,
        *,
        also: Sequence[str] = (),
        aside: bool = False,
        exports: bool = True,
        attribute: str | None = None,
        shows: Callable[[Any], Any] | None = None,
        help_text: Any = "",
    ) -> None:
        cell = cell or Cell()
        leaves_empty = isinstance(cell, NumberCell | SwitchCell | ChoiceCell | KeyCell)
        super().__init__(attribute or name, name, cell, saves_null_values=not leaves_empty)
        self.title, self.also, self.aside, self.exports, self.help_text = title, also, aside, exports, help_text
        self.shows = shows

    def save(self, instance: Model, row: Any, is_m2m: bool = False, **context: Any) -> None:
        if self.aside:
            context["entry"].aside[self.column_name] = self.clean(row, **context)
        else:
            super().save(instance, row, is_m2m, **context)

    def get_value(self, instance: Model) -> Any:
        return self.shows(instance) if self.shows is not None else super().get_value(instance)

    @property
    def heading(self) -> str:
        """What it is called in the language of the request."""
        return capfirst(str(self.title))

    def headings(self) -> set[str]:
        """Every heading by which it is known, as `as_heading` writes them."""
        return {as_heading(name) for name in (self.column_name, *self.also, *in_every_language(self.title))}


def in_every_language(title: Any) -> list[str]:
    """A translated text in each language of the installation."""
    texts = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            texts.append(str(title))
    return texts


def as_heading(text: str) -> str:
    """A heading, however it is written: letters, spaces, underscores."""
    return re.sub(r"[\s_*]+", " ", text).strip().lower()


def is_plain(text: str) -> bool:
    """Whether there is nothing in it that a database or a page could not hold."""
    return not any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\r\n\t" for sign in text)


def split_names(text: str) -> list[str]:
    """Names that are separated by commas, semicolons or lines, each once, in their order."""
    return list(dict.fromkeys(name.strip() for name in _SEPARATORS.split(text) if name.strip()))


def is_one_name(text: str) -> bool:
    """Whether `split_names` would leave it as it is."""
    return split_names(text) == [text]


def _rounded() -> str:
    return _("The spreadsheet has rounded this number. Format the column as text, and enter the number again.")


def shortened(text: str) -> str:
    """As much of a cell as a message repeats."""
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - of a message
