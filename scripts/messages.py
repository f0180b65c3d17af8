"""Collects the texts of the sources, checks and compiles their translations: makemessages without gettext.

`extract` merges into locale/*/LC_MESSAGES/django.po and keeps what is translated, `compile` writes the .mo files, and
`check` fails when a text is untranslated, unused or not compiled. English is the language of the sources.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "tenants", "accounts", "oauthx")
TEMPLATE_SUFFIXES = {".html", ".txt"}
WIDTH = 110

Keyword = tuple[int | tuple[int, str], ...] | None
_SIMPLE: dict[str, Keyword] = {"_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None}
_PLURAL: dict[str, Keyword] = {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
_CONTEXT: dict[str, Keyword] = {"pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2)}
_BOTH: dict[str, Keyword] = {"npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3)}
KEYWORDS = _SIMPLE | _PLURAL | _CONTEXT | _BOTH

_BRACES = re.compile(r"(?<!\{)\{\w*\}(?!\})")


def collect(root: Path = ROOT) -> Catalog:
    """Every text that the sources and templates below this folder translate."""
    catalog = Catalog()
    for path in _sources(root):
        source = path.read_text()
        if path.suffix != ".py":
            # Django turns a template into lines of calls among rubbish; by itself each line is Python to a tokenizer.
            source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
        place = path.relative_to(root).as_posix()
        found = extract(
            "python", BytesIO(source.encode()), KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        )
        for line, texts, comments, context in found:
            catalog.add(texts, locations=[(place, line)], auto_comments=comments, context=context)
    return catalog


def _sources(root: Path) -> Iterator[Path]:
    folders = [root / package for package in PACKAGES]
    for folder in [*folders, root / "templates"]:
        for path in sorted(folder.rglob("*")):
            is_template = "templates" in path.parts and path.suffix in TEMPLATE_SUFFIXES
            if (path.suffix == ".py" and "migrations" not in path.parts) or is_template:
                yield path


def catalogue_paths(root: Path = ROOT) -> list[Path]:
    """The translations that exist, one file a language."""
    return sorted((root / "locale").glob("*/LC_MESSAGES/django.po"))


def read_catalogue(path: Path) -> Catalog:
    """What is translated, with the language of its folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def merge(path: Path, template: Catalog) -> None:
    """Bring the file up to date with the sources: new texts come in empty, unused ones go, nothing is guessed."""
    catalog = read_catalogue(path)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as file:
        # No line numbers: a text that only moved is no change.
        write_po(file, catalog, width=WIDTH, sort_by_file=True, include_lineno=False, ignore_obsolete=True)


def compile_catalogue(path: Path) -> None:
    """Write what Django reads, beside the file."""
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read_catalogue(path))


def problems(path: Path, template: Catalog) -> Iterator[str]:
    """What keeps this file from being complete and compiled, a sentence each."""
    catalog = read_catalogue(path)
    wanted = {_key(message): message for message in template if message.id}
    given = {_key(message): message for message in catalog if message.id}
    for key in sorted(wanted.keys() - given.keys(), key=str):
        yield f"missing: {key[1]!r}"
    for key in sorted(given.keys() - wanted.keys(), key=str):
        yield f"no longer in the sources: {key[1]!r}"
    for message in given.values():
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        if not all(_texts(message.string)):
            yield f"untranslated: {message.id!r}"
        elif any(set(_BRACES.findall(text)) != _placeholders(message) for text in _texts(message.string)):
            yield f"other placeholders than the text's: {message.id!r}"
        for error in message.check(catalog):
            yield f"{message.id!r}: {error}"
    if _translations(catalog) != _compiled(path.with_suffix(".mo")):
        yield "django.mo is not what this file compiles to"


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, _texts(message.id)[0]


def _texts(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text) if isinstance(text, list | tuple) else [""]


def _placeholders(message: Message) -> set[str]:
    return {name for text in _texts(message.id) for name in _BRACES.findall(text)}


def _translations(catalog: Catalog) -> dict[tuple[str | None, str], list[str]]:
    return {_key(message): _texts(message.string) for message in catalog if message.id and any(_texts(message.string))}


def _compiled(path: Path) -> dict[tuple[str | None, str], list[str]] | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return _translations(read_mo(file))


def main(arguments: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="messages", description=__doc__)
    parser.add_argument("action", choices=["extract", "compile", "check"])
    action = parser.parse_args(arguments).action
    template = collect()
    found = 0
    for path in catalogue_paths():
        name = path.relative_to(ROOT)
        if action == "extract":
            merge(path, template)
        elif action == "compile":
            compile_catalogue(path)
        else:
            for problem in problems(path, template):
                print(f"{name}: {problem}")
                found += 1
    if not catalogue_paths():
        print("There are no translations: locale/*/LC_MESSAGES/django.po")
        found += 1
    if action == "check" and found:
        print("Run `make messages`, then translate what is empty.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
