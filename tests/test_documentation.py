"""The documents keep up with the program."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
VARIABLES = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"|\(env, "([A-Z_]+)"', (ROOT / "config/env.py").read_text()))
NAMES = sorted({name for pair in VARIABLES for name in pair if name})
PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_every_environment_variable_is_found() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "HOST", "TRUSTED_PROXIES"} <= set(NAMES)


@pytest.mark.parametrize("page", ["docs/configuration.md", ".env.example"])
@pytest.mark.parametrize("name", NAMES)
def test_every_environment_variable_is_explained(page: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / page).read_text()), f"{page} says nothing of {name}"


@pytest.mark.parametrize("requirements", ["requirements.in", "requirements-sms.in", "requirements-dev.in"])
def test_every_dependency_has_its_line(requirements: str) -> None:
    page = (ROOT / "docs/dependencies.md").read_text().lower()
    for line in (ROOT / requirements).read_text().splitlines():
        name = re.match(r"[A-Za-z][\w.-]*", line)
        if name:
            assert name.group().lower() in page, f"docs/dependencies.md says nothing of {name.group()}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (ROOT / page.parent / target).exists(), f"{page} points to {target}"
