"""Writes docs/conformance.md: what each specification demands of a provider, beside the tests that prove it.

The tests say it themselves, `@pytest.mark.must("RFC 6749", "4.1.2", "a code works once")`. `write` collects these marks
from the syntax trees of tests/protocol/ and replaces the tables of the page; `check` fails when they differ.
What stands before and after the tables is written by hand.
"""

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/conformance.md"
TESTS = "tests/protocol"
START = "<!-- The tables are written by `python -m scripts.conformance write`. -->\n"
END = "<!-- From here on it is written by hand. -->\n"


@dataclass(frozen=True, slots=True)
class Specification:
    """A document: the name that marks use, its title, the folder of its tests, and the address of its sections."""

    name: str
    title: str
    folder: str
    sections: str

    @property
    def address(self) -> str:
        return self.sections.partition("#")[0]


def _rfc(number: int, topic: str, title: str) -> Specification:
    address = f"https://www.rfc-editor.org/rfc/rfc{number}.html"
    return Specification(f"RFC {number}", title, f"rfc{number}_{topic}", f"{address}#section-")


def _openid(name: str, topic: str, document: str) -> Specification:
    address = f"https://openid.net/specs/openid-connect-{document}-1_0.html"
    return Specification(f"OpenID Connect {name}", "", f"openid_connect_{topic}", f"{address}#rfc.section.")


SPECIFICATIONS = (
    _rfc(6749, "oauth2", "The OAuth 2.0 Authorization Framework"),
    _rfc(6750, "bearer_tokens", "Bearer Token Usage"),
    _rfc(7009, "revocation", "Token Revocation"),
    _rfc(7523, "jwt_client_authentication", "JWT Profile for Client Authentication"),
    _rfc(7636, "pkce", "Proof Key for Code Exchange"),
    _rfc(7662, "introspection", "Token Introspection"),
    _rfc(8252, "native_apps", "OAuth 2.0 for Native Apps"),
    _rfc(8414, "metadata", "Authorization Server Metadata"),
    _rfc(8628, "device", "Device Authorization Grant"),
    _rfc(9068, "jwt_access_tokens", "JWT Profile for Access Tokens"),
    _rfc(9126, "pushed_requests", "Pushed Authorization Requests"),
    _rfc(9207, "issuer", "Issuer Identification"),
    _rfc(9700, "security_bcp", "Best Current Practice for OAuth 2.0 Security"),
    _openid("Core", "core", "core"),
    _openid("Discovery", "discovery", "discovery"),
    _openid("RP-Initiated Logout", "rp_initiated_logout", "rpinitiated"),
    _openid("Front-Channel Logout", "front_channel_logout", "frontchannel"),
    _openid("Back-Channel Logout", "back_channel_logout", "backchannel"),
)
BY_NAME = {specification.name: specification for specification in SPECIFICATIONS}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one mark says: the demand of a section, and the test (its file from the project's folder) that proves it."""

    specification: str
    section: str
    text: str
    path: str
    test: str

    @property
    def place(self) -> tuple[tuple[int, ...], str]:
        """Sections in their order; appendices follow."""
        numbers = self.section.split(".")
        is_number = all(number.isdecimal() for number in numbers)
        return (tuple(int(number) for number in numbers) if is_number else (sys.maxsize,)), self.section


def collect(root: Path = ROOT) -> list[Requirement]:
    """Every mark of the tests below this folder.

    Raises:
        ValueError: a mark is not three texts, or names a specification that is not in SPECIFICATIONS.
    """
    found: list[Requirement] = []
    for path in sorted((root / TESTS).rglob("test_*.py")):
        place = path.relative_to(root).as_posix()
        for function in ast.parse(path.read_text(), place).body:
            if isinstance(function, ast.FunctionDef):
                found += (Requirement(*mark, place, function.name) for mark in _marks(function, place))
    return found


def _marks(function: ast.FunctionDef, place: str) -> Iterator[tuple[str, str, str]]:
    """The marks of a test, those of its single parameters included."""
    for decorator in function.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.must":
                yield _read_mark(node, f"{place}:{node.lineno}")


def _read_mark(call: ast.Call, place: str) -> tuple[str, str, str]:
    values = [argument.value if isinstance(argument, ast.Constant) else None for argument in call.args]
    match [value for value in values if isinstance(value, str)]:
        case [specification, section, text] if len(values) == 3 and not call.keywords:  # noqa: PLR2004 - these three
            if specification not in BY_NAME:
                raise ValueError(f"{place}: {specification!r} is not in scripts/conformance.py")
            return specification, section, text
    raise ValueError(f"{place}: a specification, a section and a demand, as texts")


def render(requirements: Iterable[Requirement]) -> str:
    """The tables, in the order of SPECIFICATIONS; a specification without a test says so."""
    known = list(requirements)
    parts = ["\n| specification | demands | tests |\n|---|---|---|\n"]
    tables = []
    for specification in SPECIFICATIONS:
        mine = [requirement for requirement in known if requirement.specification == specification.name]
        demands = {(requirement.section, requirement.text) for requirement in mine}
        tests = {(requirement.path, requirement.test) for requirement in mine}
        title = f"{specification.name} {specification.title}".strip()
        parts.append(f"| [{title}]({specification.address}) | {len(demands)} | {len(tests)} |\n")
        tables.append(f"\n## {title}\n\n{_table(specification, mine)}")
    return "".join([*parts, *tables, "\n"])


def _table(specification: Specification, requirements: list[Requirement]) -> str:
    if not requirements:
        return "No test yet.\n"
    lines = ["| section | what it demands | test |\n|---|---|---|\n"]
    ordered = sorted(requirements, key=lambda each: (each.place, each.text, each.path, each.test))
    for (section, text), group in groupby(ordered, key=lambda each: (each.section, each.text)):
        tests = "<br>".join(_link(requirement) for requirement in group)
        lines.append(f"| {_section(specification, section)} | {text.replace('|', chr(92) + '|')} | {tests} |\n")
    return "".join(lines)


def _section(specification: Specification, section: str) -> str:
    is_number = section[0].isdecimal()
    return f"[{section}]({specification.sections}{section})" if is_number else f"[{section}]({specification.address})"


def _link(requirement: Requirement) -> str:
    name = Path(requirement.path).name
    return f"[{name}::{requirement.test}](../{requirement.path})"


def with_tables(page: str, tables: str) -> str:
    """The page with these tables in place of those that it has.

    Raises:
        ValueError: the page lacks the comments that stand around the tables.
    """
    head, start, rest = page.partition(START)
    _old, end, tail = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{PAGE} lacks a comment around its tables")
    return f"{head}{start}{tables}{end}{tail}"


def main(arguments: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("action", choices=["write", "check"])
    action = parser.parse_args(arguments).action
    page = ROOT / PAGE
    try:
        wanted = with_tables(page.read_text(), render(collect()))
    except ValueError as error:
        print(error)
        return 1
    if action == "write":
        page.write_text(wanted)
    elif page.read_text() != wanted:
        print(f"{PAGE} differs from the tests: run `python -m scripts.conformance write`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
