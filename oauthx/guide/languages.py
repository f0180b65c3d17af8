"""Writes a request down as a program in four languages, each complete: it runs as it stands once its blanks are filled.

It must not know clients, documents or pages. Whatever a value holds, it stays a value: each language quotes it.
"""

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oauthx.guide.calls import Blank, Call, Value

# What is filled in already, by the blank's name.
Filled = Mapping[str, str]


def placeholder(blank: Blank) -> str:
    """What stands in a program for what its reader fills in."""
    return blank.initial or "your-" + blank.name.lower().replace("_", "-")


def _given(blank: Blank, filled: Filled) -> str:
    return filled.get(blank.name, placeholder(blank))


@dataclass(frozen=True, slots=True)
class Language:
    """`name` for people, `key` for addresses, and `write` for the program."""

    key: str
    name: str
    write: Callable[[Call, Filled], str]


# --- curl ---------------------------------------------------------------------------------------------------------


def _shell(value: Value) -> str:
    """A word of the shell; a blank is a variable."""
    if not isinstance(value, Blank):
        return shlex.quote(value)
    if value.is_digested:
        return f"$(printf %s \"${value.name}\" | openssl md5 -r | cut -d ' ' -f 1)"
    return f"{value.prefix}${value.name}"


def _shell_pair(name: str, separator: str, value: Value) -> str:
    if isinstance(value, Blank):
        return f'"{name}{separator}{_shell(value)}"'
    return shlex.quote(f"{name}{separator}{value}")


def write_curl(call: Call, filled: Filled) -> str:
    """For a shell (bash, zsh, sh)."""
    lines = [f"{blank.name}={shlex.quote(_given(blank, filled))}" for blank in call.blanks()]
    parts = [f"curl {shlex.quote(call.address)}"]
    if call.basic is not None:
        client_id, secret = call.basic
        shown = f'"${secret.name}"' if isinstance(secret, Blank) else secret
        parts.append(f"-u {shlex.quote(client_id)}:{shown}")
    parts += [f"-H {_shell_pair(name, ': ', value)}" for name, value in call.headers.items()]
    parts += [f"--data-urlencode {_shell_pair(name, '=', value)}" for name, value in call.form.items()]
    if call.method == "POST" and not call.form:
        parts.append("-X POST")
    return _program(lines, [" \\\n  ".join(parts)])


# --- Python -------------------------------------------------------------------------------------------------------


def _python(value: Value) -> str:
    if not isinstance(value, Blank):
        return _quoted(value)
    if value.is_digested:
        return f"hashlib.md5({value.name}.encode()).hexdigest()"
    return f"{_quoted(value.prefix)} + {value.name}" if value.prefix else value.name


def write_python(call: Call, filled: Filled) -> str:
    """With the library requests."""
    imports = [*(["import hashlib"] if _digests(call) else []), "import requests"]
    blanks = [f"{blank.name} = {_quoted(_given(blank, filled))}" for blank in call.blanks()]
    lines = [f"response = requests.{call.method.lower()}(", f"    {_quoted(call.address)},"]
    if call.basic is not None:
        client_id, secret = (_python(value) for value in call.basic)
        # As bytes: the library would write text in Latin-1, whatever it is.
        lines.append(f"    auth=({client_id}, {secret}.encode()),")
    for argument, pairs in (("headers", call.headers), ("data", call.form)):
        if pairs:
            lines.append(f"    {argument}={{")
            lines += [f"        {_quoted(name)}: {_python(value)}," for name, value in pairs.items()]
            lines.append("    },")
    lines += ["    timeout=10,", ")", "print(response.status_code, response.text)"]
    return _program(_with_gaps(imports), blanks, lines)


def _with_gaps(imports: list[str]) -> list[str]:
    """The standard library's first, then the others."""
    return [*imports[:-1], "", imports[-1]] if len(imports) > 1 else imports


# --- JavaScript ---------------------------------------------------------------------------------------------------


def _camel(name: str) -> str:
    first, *others = name.lower().split("_")
    return first + "".join(other.capitalize() for other in others)


def _javascript(value: Value) -> str:
    if not isinstance(value, Blank):
        return _quoted(value)
    name = _camel(value.name)
    if value.is_digested:
        return f'createHash("md5").update({name}).digest("hex")'
    return f"{_quoted(value.prefix)} + {name}" if value.prefix else name


def write_javascript(call: Call, filled: Filled) -> str:
    """For Node.js 18 and newer, as a module; without an MD5 password, for browsers too."""
    imports = ['import { createHash } from "node:crypto";'] if _digests(call) else []
    blanks = [f"const {_camel(blank.name)} = {_quoted(_given(blank, filled))};" for blank in call.blanks()]
    if call.basic is not None:
        # `btoa` alone takes no letters beyond Latin-1.
        blanks.append("const utf8 = (text) => String.fromCharCode(...new TextEncoder().encode(text));")
    lines = [f"const response = await fetch({_quoted(call.address)}, {{", f"  method: {_quoted(call.method)},"]
    headers = [f"{_quoted(name)}: {_javascript(value)}," for name, value in call.headers.items()]
    if call.basic is not None:
        client_id, secret = call.basic
        credentials = f"{_quoted(client_id + ':')} + {_javascript(secret)}" if secret else _quoted(client_id + ":")
        headers.insert(0, f'Authorization: "Basic " + btoa(utf8({credentials})),')
    if headers:
        lines += ["  headers: {", *(f"    {header}" for header in headers), "  },"]
    if call.form:
        pairs = [f"    {_quoted(name)}: {_javascript(value)}," for name, value in call.form.items()]
        lines += ["  body: new URLSearchParams({", *pairs, "  }),"]
    lines += ["});", "console.log(response.status, await response.text());"]
    return _program(imports, blanks, lines)


# --- Java ---------------------------------------------------------------------------------------------------------

_MD5 = """\
static String md5(String text) throws Exception {
    byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
    return String.format("%032x", new BigInteger(1, digest));
}
"""


def _java(value: Value) -> str:
    if not isinstance(value, Blank):
        return _quoted(value)
    name = _camel(value.name)
    if value.is_digested:
        return f"md5({name})"
    return f"{_quoted(value.prefix)} + {name}" if value.prefix else name


def write_java(call: Call, filled: Filled) -> str:
    """For Java 11 and newer, without a library: `java Example.java` runs it."""
    body = [f"String {_camel(blank.name)} = {_quoted(_given(blank, filled))};" for blank in call.blanks()]
    request = [f"HttpRequest.Builder request = HttpRequest.newBuilder(URI.create({_quoted(call.address)}));"]
    if call.basic is not None:
        client_id, secret = call.basic
        credentials = f"{_quoted(client_id + ':')} + {_java(secret)}" if secret else _quoted(client_id + ":")
        request += [
            f"byte[] credentials = ({credentials}).getBytes(StandardCharsets.UTF_8);",
            'request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));',
        ]
    request += [f"request.header({_quoted(name)}, {_java(value)});" for name, value in call.headers.items()]
    if call.method == "POST":
        request += _java_form(call)
    request += [
        "HttpResponse<String> response = HttpClient.newHttpClient()",
        "    .send(request.build(), HttpResponse.BodyHandlers.ofString());",
        'System.out.println(response.statusCode() + " " + response.body());',
    ]
    main = ["public static void main(String[] arguments) throws Exception {", *_indented([*body, "", *request]), "}"]
    methods = [*main, *(["", *_MD5.splitlines()] if _digests(call) else [])]
    return _program(_java_imports(call), ["public class Example {", *_indented(methods), "}"])


def _java_form(call: Call) -> list[str]:
    puts = [f"form.put({_quoted(name)}, {_java(value)});" for name, value in call.form.items()]
    return [
        "Map<String, String> form = new LinkedHashMap<>();",
        *puts,
        "String body = form.entrySet().stream()",
        '    .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))',
        '    .collect(Collectors.joining("&"));',
        'request.header("Content-Type", "application/x-www-form-urlencoded");',
        "request.POST(HttpRequest.BodyPublishers.ofString(body));",
    ]


def _java_imports(call: Call) -> list[str]:
    names = ["java.net.URI", "java.net.http.HttpClient", "java.net.http.HttpRequest", "java.net.http.HttpResponse"]
    if call.method == "POST":
        names += ["java.net.URLEncoder", "java.nio.charset.StandardCharsets"]
        names += ["java.util.LinkedHashMap", "java.util.Map", "java.util.stream.Collectors"]
    if call.basic is not None:
        names += ["java.nio.charset.StandardCharsets", "java.util.Base64"]
    if _digests(call):
        names += ["java.math.BigInteger", "java.nio.charset.StandardCharsets", "java.security.MessageDigest"]
    return [f"import {name};" for name in sorted(set(names))]


# ------------------------------------------------------------------------------------------------------------------

LANGUAGES = (
    Language("curl", "curl", write_curl),
    Language("python", "Python", write_python),
    Language("java", "Java", write_java),
    Language("javascript", "JavaScript", write_javascript),
)


def _quoted(text: str) -> str:
    """The text in double quotes: what JSON writes, Python, Java and JavaScript read alike."""
    return json.dumps(text, ensure_ascii=False)


def _digests(call: Call) -> bool:
    return any(blank.is_digested for blank in call.blanks())


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _program(*parts: Any) -> str:
    """The parts, each a list of lines, with an empty line between them."""
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"
