"""The shape of the code, by its syntax trees: who may import whom, what may be named how, how long things may be.

Every rule stands in RULES with samples that break it, so that each is known to be able to fail.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

from oauthx.dialects import DIALECTS

ROOT = Path(__file__).parent.parent
PACKAGES = ("config", "tenants", "accounts", "oauthx")
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 50


@dataclass(frozen=True)
class Module:
    """One file: its path from the project's folder, and its text."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    def within(self, *places: str) -> bool:
        """Whether it is one of these files, or in one of these folders (which end in a slash)."""
        return any(self.path == place or (place.endswith("/") and self.path.startswith(place)) for place in places)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> Iterator[tuple[int, str]]:
        """The line and dotted name of all that it imports, wherever the import stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


Offences = Iterator[tuple[int, str]]


@dataclass(frozen=True)
class Rule:
    """What must hold of each module, and samples (path, text) that break it."""

    name: str
    find: Callable[[Module], Offences]
    bad: tuple[tuple[str, str], ...]
    good: tuple[tuple[str, str], ...] = ()
    about_tests: bool = False


# --- Who may import whom ---------------------------------------------------------------------------------------------

FORBIDDEN = {
    "tenants/": ("accounts", "oauthx", "config", "tests", "scripts"),
    "accounts/": ("oauthx", "config", "tests", "scripts"),
    "oauthx/": ("config", "tests", "scripts"),
    # It names the apps by dotted path alone.
    "config/": ("tenants", "accounts", "oauthx", "tests", "scripts"),
}


def wrong_direction(module: Module) -> Offences:
    """Dependencies point one way: oauthx → accounts → tenants."""
    for place, forbidden in FORBIDDEN.items():
        if module.within(place):
            for line, name in module.imports():
                if name.partition(".")[0] in forbidden:
                    yield line, f"{place} must not import {name}"


def oauthlib_outside(module: Module) -> Offences:
    """The quarantine of oauthlib is oauthx/dot/."""
    if not module.within("oauthx/dot/"):
        for line, name in module.imports():
            if name.partition(".")[0] == "oauthlib":
                yield line, f"{name} belongs in oauthx/dot/ alone"


# The quarantine; the models that extend its models; the catalogue of scopes, which it keeps; the pages for its tables.
TOOLKIT_PLACES = ("oauthx/dot/", "oauthx/models/", "oauthx/choices.py", "oauthx/admin/", "oauthx/admin.py")


def toolkit_outside(module: Module) -> Offences:
    """django-oauth-toolkit is known where its tables are, and nowhere near the token endpoint."""
    if not module.within(*TOOLKIT_PLACES):
        for line, name in module.imports():
            if name.partition(".")[0] == "oauth2_provider":
                yield line, f"{name} belongs in {', '.join(TOOLKIT_PLACES)} alone"


# --- What may be named how -------------------------------------------------------------------------------------------


@cache
def wire_names() -> frozenset[str]:
    """Names that only the documents have: parameters that no Python name looks like, and their headers."""
    spelled = {wire for dialect in DIALECTS for wire in dialect.parameters if wire != wire.lower()}
    headers = {header.title() for dialect in DIALECTS for header in dialect.headers if "-" in header}
    environ = {"HTTP_" + header.upper().replace("-", "_") for header in headers}
    return frozenset(spelled | headers | environ | {"tma", "fp"})


def wire_name_outside(module: Module) -> Offences:
    """Wire names live in oauthx/dialects/ alone; the rest of the code has canonical ones."""
    if not module.within("oauthx/dialects/"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in wire_names():
                yield node.lineno, f'the wire name "{node.value}" belongs in oauthx/dialects/'


def branch_on_dialect(module: Module) -> Offences:
    """Whoever asks for a dialect by name is missing a field of Dialect."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Match) and _is_dialect_name(node.subject):
            yield node.lineno, "a match on a dialect's name: a field of Dialect is missing"
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            about_dialect = any(_is_dialect(side) or _is_dialect_name(side) for side in sides)
            if about_dialect and any(_is_fixed(side) for side in sides):
                yield node.lineno, f"{ast.unparse(node)}: a field of Dialect is missing"


def _is_dialect(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name == "dialect" or name.endswith("_dialect")


def _is_dialect_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"name", "prefix"} and _is_dialect(node.value)


def _is_fixed(node: ast.expr) -> bool:
    """A text, a constant in capitals, or a collection of those; what was read from a token or a row is not."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(_is_fixed(element) for element in node.elts)
    if isinstance(node, ast.Name | ast.Attribute):
        return (node.id if isinstance(node, ast.Name) else node.attr).isupper()
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


VAGUE = {"helper", "helpers", "manager", "managers", "util", "utils"}


def vague_module(module: Module) -> Offences:
    """A module is named after what it is for."""
    for part in module.path.removesuffix(".py").split("/"):
        if VAGUE & set(part.split("_")):
            yield 1, f"{part} says nothing: name it after what it does"


# REST framework and html.parser call these by their names.
IMPOSED = {"handle_exception", "handle_starttag", "handle_endtag", "handle_data"}


def vague_function(module: Module) -> Offences:
    """A function is a verb that says what it does; to "handle" something is none."""
    for function in module.functions():
        if re.match(r"_*handle_", function.name) and function.name not in IMPOSED:
            yield function.lineno, f"{function.name} does not say what it does"


# --- How long things may be, and what they say of themselves ---------------------------------------------------------


def long_file(module: Module) -> Offences:
    """A file is read in one go."""
    lines = len(module.source.splitlines())
    if lines > MAX_FILE_LINES:
        yield MAX_FILE_LINES, f"{lines} lines; at most {MAX_FILE_LINES}"


def long_function(module: Module) -> Offences:
    """A function is seen at a glance; its docstring does not count."""
    for function in module.functions():
        lines = (function.end_lineno or 0) - function.lineno + 1
        if ast.get_docstring(function) is not None:
            docstring = function.body[0]
            lines -= (docstring.end_lineno or 0) - docstring.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield function.lineno, f"{function.name} has {lines} lines; at most {MAX_FUNCTION_LINES}"


def silent_module(module: Module) -> Offences:
    """A module says what it is for, unless there is nothing in it."""
    if module.tree.body and not ast.get_docstring(module.tree):
        yield 1, "no docstring"


RULES = [
    Rule(
        "dependencies point one way",
        wrong_direction,
        bad=(
            ("tenants/x.py", "from accounts.models import User"),
            ("tenants/x.py", "import oauthx.store"),
            ("accounts/verifiers/x.py", "def late():\n    from oauthx import store"),
            ("config/urls.py", "from oauthx.views import TokenView"),
            ("config/settings.py", "import tenants"),
            ("oauthx/x.py", "from config.settings import ENV"),
            ("oauthx/x.py", "from tests import factories"),
        ),
        good=(("oauthx/x.py", "from accounts.models import User\nfrom tenants import registry"),),
    ),
    Rule(
        "oauthlib stays in its quarantine",
        oauthlib_outside,
        bad=(
            ("oauthx/views.py", "from oauthlib.oauth2 import Server"),
            ("oauthx/models/token.py", "import oauthlib"),
            ("accounts/x.py", "import oauthlib.common as common"),
        ),
        good=(("oauthx/dot/validator.py", "from oauthlib.oauth2 import RequestValidator"),),
    ),
    Rule(
        "django-oauth-toolkit stays at its tables",
        toolkit_outside,
        bad=(
            ("oauthx/views.py", "from oauth2_provider.views import TokenView"),
            ("oauthx/grants/password.py", "import oauth2_provider"),
            ("accounts/models/user.py", "from oauth2_provider.models import get_application_model"),
        ),
        good=(("oauthx/models/client.py", "from oauth2_provider.models import AbstractApplication"),),
    ),
    Rule(
        "wire names stay in the dialects",
        wire_name_outside,
        bad=(
            ("oauthx/views.py", 'x = params["tenantId"]'),
            ("oauthx/grants/captcha.py", 'NAMES = {"captchaKey", "captchaCode"}'),
            ("accounts/origin.py", 'code = request.META.get("HTTP_TENANT_ID")'),
            ("tenants/resolution.py", 'code = request.headers["Tenant-Id"]'),
            ("oauthx/requests.py", 'main = params.get("tma")'),
        ),
        good=(
            ("oauthx/dialects/ams.py", 'PARAMETERS = {"tenantId": "tenant"}'),
            ("tenants/models.py", 'help_text = "What applications send as tenantId."'),
        ),
    ),
    Rule(
        "nothing branches on a dialect",
        branch_on_dialect,
        bad=(
            ("oauthx/views.py", 'if self.dialect.name == "connect": pass'),
            ("oauthx/views.py", 'x = request.dialect.name in {"ams-auth", "cams-auth"}'),
            ("oauthx/issuing.py", "y = dialect is CONNECT"),
            ("oauthx/issuing.py", "y = dialect.prefix != dialects.CONNECT"),
            ("oauthx/issuing.py", 'match dialect.name:\n    case "connect":\n        pass'),
        ),
        good=(
            ("oauthx/grants/refresh_token.py", "same = stored.dialect == request.dialect.name"),
            ("oauthx/issuing.py", "missing = dialect is None"),
        ),
    ),
    Rule(
        "modules are named after what they are for",
        vague_module,
        bad=(("oauthx/utils.py", ""), ("accounts/helpers/text.py", ""), ("tenants/tenant_manager.py", "")),
        good=(("oauthx/management/commands/serve.py", ""),),
        about_tests=True,
    ),
    Rule(
        "functions say what they do",
        vague_function,
        bad=(
            ("oauthx/views.py", "def handle_token(): ..."),
            ("oauthx/views.py", "class View:\n    async def _handle_error(self): ..."),
        ),
        good=(
            ("oauthx/views.py", "class View:\n    def handle_exception(self, exc): ..."),
            ("oauthx/management/commands/serve.py", "class Command:\n    def handle(self): ..."),
        ),
        about_tests=True,
    ),
    Rule("files are short", long_file, bad=(("oauthx/x.py", "x = 1\n" * (MAX_FILE_LINES + 1)),)),
    Rule(
        "functions are short",
        long_function,
        bad=(
            ("oauthx/x.py", "def f():\n" + "    x = 1\n" * MAX_FUNCTION_LINES),
            ("oauthx/x.py", "class C:\n    async def f(self):\n" + "        x = 1\n" * MAX_FUNCTION_LINES),
        ),
        good=(("oauthx/x.py", 'def f():\n    """A.\n' + "\n" * MAX_FUNCTION_LINES + '    """\n    x = 1\n'),),
    ),
    Rule(
        "modules say what they are for",
        silent_module,
        bad=(("oauthx/x.py", "import os"), ("tests/test_x.py", "def test_x(): ...")),
        good=(("oauthx/management/__init__.py", ""),),
        about_tests=True,
    ),
]
all_rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """The project's files, without migrations, which are written by a program."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), path.read_text())
        for path in paths
        if path.parent.name != "migrations"
    )


@all_rules
def test_holds(rule: Rule) -> None:
    folders = (*PACKAGES, "scripts", "tests") if rule.about_tests else PACKAGES
    offences = [
        f"{module.path}:{line}: {text}" for module in modules(*folders) for line, text in sorted(rule.find(module))
    ]
    assert not offences, "\n" + "\n".join([rule.name, *offences])


@all_rules
def test_can_fail(rule: Rule) -> None:
    for path, source in rule.bad:
        assert list(rule.find(Module(path, source))), f"{rule.name} finds nothing wrong with {path}:\n{source}"
    for path, source in rule.good:
        assert not list(rule.find(Module(path, source))), f"{rule.name} finds something wrong with {path}:\n{source}"


def test_looks_at_the_whole_project() -> None:
    found = {module.path.partition("/")[0] for module in modules(*PACKAGES)}
    assert found == set(PACKAGES)
    assert {"tenantId", "captchaKey", "Tenant-Id", "HTTP_CAPTCHA_CODE"} <= wire_names()
