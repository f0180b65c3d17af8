"""Fills and sends a page's form as a browser would, from its HTML alone. It must not know which page it is."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client as HttpClient

Values = dict[str, list[str]]


@dataclass
class _Controls(HTMLParser):
    """Collects what a form would send: its inputs, chosen options and texts."""

    form_id: str
    values: Values = field(default_factory=dict)
    _inside: bool = False
    _select: str | None = None
    _textarea: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name = attributes.get("name") or ""
        if tag == "form":
            self._inside = attributes.get("id") == self.form_id
        if not self._inside or "disabled" in attributes:
            return
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            self.values.setdefault(name, [""])
        elif tag == "option" and self._select and "selected" in attributes:
            self.values.setdefault(self._select, []).append(attributes.get("value") or "")
        elif tag == "input" and name and self._is_sent(attributes):
            without_value = "on" if attributes.get("type") == "checkbox" else ""
            self.values.setdefault(name, []).append(attributes.get("value") or without_value)

    @staticmethod
    def _is_sent(attributes: dict[str, str | None]) -> bool:
        kind = attributes.get("type")
        return "checked" in attributes if kind in {"checkbox", "radio"} else kind not in {"submit", "button"}

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self.values[self._textarea] = [data.removeprefix("\n")]


def form_values(response: Any, form_id: str) -> Values:
    """What the page's form would send as it stands."""
    assert response.status_code == 200, response.status_code
    controls = _Controls(form_id)
    controls.feed(response.content.decode())
    assert controls.values, f"no form {form_id}"
    return controls.values


def send_form(browser: HttpClient, address: str, form_id: str, **changes: Any) -> Any:
    """Open the page, change these fields (None: leave one out), and send its form back to it."""
    values: dict[str, Any] = dict(form_values(browser.get(address), form_id))
    values.update(changes)
    return browser.post(address, {name: value for name, value in values.items() if value is not None})


def errors_of(response: Any) -> dict[str, list[str]]:
    """The errors of the page's form, by field, those of its inlines included."""
    assert response.status_code == 200, response.status_code
    found: dict[str, list[str]] = {name: list(texts) for name, texts in response.context["adminform"].errors.items()}
    for inline in response.context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            found |= {f"{form.prefix}-{name}": list(texts) for name, texts in form.errors.items()}
    return found
