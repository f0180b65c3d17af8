"""docs/conformance.md says what the tests' marks say, and bad marks are found (scripts/conformance.py)."""

from pathlib import Path

import pytest

from scripts.conformance import (
    END,
    PAGE,
    ROOT,
    SPECIFICATIONS,
    START,
    TESTS,
    Specification,
    collect,
    render,
    with_tables,
)

MARKED = '@pytest.mark.must("RFC 6749", "4.1.2", "a code works | once")\ndef test_once() -> None: ...\n'


def project(folder: Path, source: str) -> Path:
    """A project with one file of tests."""
    path = folder / TESTS / "rfc6749_oauth2/test_section_4_1.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    return folder


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / PAGE).read_text()
    assert page == with_tables(page, render(collect())), "run `python -m scripts.conformance write`"


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda each: each.name)
def test_every_specification_has_its_folder_and_its_tests(specification: Specification) -> None:
    folder = f"{TESTS}/{specification.folder}"
    proofs = [each for each in collect() if each.specification == specification.name]
    assert (ROOT / folder).is_dir()
    assert any(each.path.startswith(f"{folder}/") for each in proofs)


def test_a_mark_becomes_a_row_with_a_link(tmp_path: Path) -> None:
    (found,) = collect(project(tmp_path, MARKED))
    assert (found.section, found.test) == ("4.1.2", "test_once")
    assert (
        "| [4.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2) | a code works \\| once |"
        " [test_section_4_1.py::test_once](../tests/protocol/rfc6749_oauth2/test_section_4_1.py) |\n"
    ) in render([found])


def test_sections_stand_in_their_order(tmp_path: Path) -> None:
    marks = [f'@pytest.mark.must("RFC 6749", "{section}", "x")\n' for section in ("10.1", "Appendix B", "2", "2.3.1")]
    tables = render(collect(project(tmp_path, "".join(marks) + "def test_all(): ...")))
    places = [tables.index(f"| [{section}]") for section in ("2", "2.3.1", "10.1", "Appendix B")]
    assert places == sorted(places)


def test_the_mark_of_a_single_parameter_counts(tmp_path: Path) -> None:
    mark = 'pytest.mark.must("RFC 7636", "4.6", "x")'
    source = f'@pytest.mark.parametrize("a", [1, pytest.param(2, marks={mark})])\ndef test_a(a): ...'
    assert [each.section for each in collect(project(tmp_path, source))] == ["4.6"]


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ('"RFC 9999", "1", "x"', "not in scripts/conformance.py"),
        ('"RFC 6749", "1"', "a specification, a section and a demand"),
        ('"RFC 6749", SECTION, "x"', "a specification, a section and a demand"),
        ('"RFC 6749", 1, "x"', "a specification, a section and a demand"),
        ('"RFC 6749", "1", demand="x"', "a specification, a section and a demand"),
    ],
)
def test_a_bad_mark_is_found(mark: str, problem: str, tmp_path: Path) -> None:
    source = f"@pytest.mark.must({mark})\ndef test_a(): ..."
    with pytest.raises(ValueError, match=f"test_section_4_1.py:1: .*{problem}"):
        collect(project(tmp_path, source))


def test_what_is_written_by_hand_stays(tmp_path: Path) -> None:
    page = f"above\n{START}old\n{END}below\n"
    assert with_tables(page, "new\n") == f"above\n{START}new\n{END}below\n"
    with pytest.raises(ValueError, match="lacks a comment"):
        with_tables("above\n", "new\n")
