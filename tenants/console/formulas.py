"""Keeps a text from being computed by a spreadsheet, and takes that off again. It must not know files."""

# By what a text begins that a spreadsheet would compute (OWASP, CSV injection); Excel in China also by the wide signs.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def guarded(text: str) -> str:
    """The text with an apostrophe in front, if a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def without_guard(text: str) -> str:
    """The text without the apostrophe that `guarded` gave it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
