"""The check of the translations (scripts/messages.py): what it collects, and that each kind of gap fails it."""

from pathlib import Path

import pytest

from scripts.messages import collect, compile_catalogue, merge, problems

SOURCE = """
from django.utils.translation import gettext, gettext_lazy as _, ngettext
TITLE = _("Sign in")
def greet(name, count):
    return gettext("Hello {name}").format(name=name), ngettext("%d key", "%d keys", count) % count
"""
TEMPLATE = """
{% load i18n %}
  <p class="it's">{% translate "Don't" %}
    {% blocktranslate with who=user %}Bye {{ who }}{% endblocktranslate %}</p>
"""
TRANSLATIONS = {
    'msgid "Sign in"\nmsgstr ""': 'msgid "Sign in"\nmsgstr "登录"',
    'msgid "Hello {name}"\nmsgstr ""': 'msgid "Hello {name}"\nmsgstr "你好 {name}"',
    'msgid_plural "%d keys"\nmsgstr[0] ""': 'msgid_plural "%d keys"\nmsgstr[0] "%d 把密钥"',
    'msgid "Don\'t"\nmsgstr ""': 'msgid "Don\'t"\nmsgstr "不要"',
    'msgid "Bye %(who)s"\nmsgstr ""': 'msgid "Bye %(who)s"\nmsgstr "再见 %(who)s"',
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a module, a template and an empty catalogue."""
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts/views.py").write_text(SOURCE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.html").write_text(TEMPLATE)
    folder = tmp_path / "locale/zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    return tmp_path


def translate(project: Path) -> Path:
    """Extract, translate all and compile; returns the catalogue's path."""
    path = project / "locale/zh_Hans/LC_MESSAGES/django.po"
    merge(path, collect(project))
    text = path.read_text()
    for empty, full in TRANSLATIONS.items():
        assert empty in text
        text = text.replace(empty, full)
    path.write_text(text)
    compile_catalogue(path)
    return path


def found(project: Path, path: Path) -> list[str]:
    return list(problems(path, collect(project)))


def test_complete_translations_pass(project: Path) -> None:
    assert found(project, translate(project)) == []


def test_extracting_again_changes_nothing(project: Path) -> None:
    path = translate(project)
    before = path.read_bytes()
    merge(path, collect(project))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('msgstr "登录"', 'msgstr ""', "untranslated: 'Sign in'"),
        ('msgid "Sign in"', '#, fuzzy\nmsgid "Sign in"', "fuzzy: 'Sign in'"),
        ('msgid "Sign in"\nmsgstr "登录"', "", "missing: 'Sign in'"),
        ('msgid "Sign in"', 'msgid "Log in"\nmsgstr "登录"\n\nmsgid "Sign in"', "no longer in the sources: 'Log in'"),
        ("你好 {name}", "你好", "other placeholders than the text's: 'Hello {name}'"),
        ("再见 %(who)s", "再见 %(whom)s", "unknown named placeholder"),
        ("登录", "登入", "django.mo is not what this file compiles to"),
    ],
)
def test_each_kind_of_gap_is_found(project: Path, old: str, new: str, problem: str) -> None:
    path = translate(project)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert any(problem in line for line in found(project, path)), found(project, path)


def test_a_missing_compiled_file_is_found(project: Path) -> None:
    path = translate(project)
    path.with_suffix(".mo").unlink()
    assert found(project, path) == ["django.mo is not what this file compiles to"]
