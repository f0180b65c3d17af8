"""Settles the language of the pages that applications lead to. It must not know which application asked."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

_MAX_LENGTH = 255


def speak(request: HttpRequest, ui_locales: str) -> None:
    """Answer this request in the first of these languages that the pages have (BCP 47 tags, separated by spaces).

    The person's own choice, by the button on the pages, comes first; none of these known, the browser's language
    stays. Unknown tags are no error (OpenID Connect Core section 3.1.2.1, `ui_locales`).
    """
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    language = first_supported(ui_locales)
    if language is not None:
        translation.activate(language)
        request.LANGUAGE_CODE = language


def first_supported(ui_locales: str) -> str | None:
    """The first of these languages that the pages have, by our name for it; `zh-CN` and `zh` are `zh-hans`."""
    for tag in ui_locales[:_MAX_LENGTH].split():
        try:
            return translation.get_supported_language_variant(tag.lower())
        except (LookupError, ValueError):
            continue
    return None
