"""Which scripts Select2 comes with: one copy of it, and its words in the reader's language. It must not know pages."""

from django.contrib.admin.widgets import get_select2_language
from django.forms import Media

_SELECT2 = "admin/js/vendor/select2/select2.full.js"
_SHORTENED = "admin/js/vendor/select2/select2.full.min.js"


def speaking(media: Media) -> Media:
    """The same files, with Select2's words if it is among them.

    Django's widgets load another copy than the theme: the words would be known to the one, and asked of the other.
    """
    scripts = list(dict.fromkeys(_SELECT2 if script == _SHORTENED else script for script in media._js))  # type: ignore[attr-defined]  # not in the stubs
    if _SELECT2 not in scripts:
        return media
    words = f"admin/js/vendor/select2/i18n/{get_select2_language() or 'en'}.js"
    scripts = [script for script in scripts if script != words]
    scripts.insert(scripts.index(_SELECT2) + 1, words)
    return Media(css=media._css, js=scripts)  # type: ignore[attr-defined]  # not in the stubs
