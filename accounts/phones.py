"""Writes phone numbers in one way, E.164 (+8613800138000). It must not know whose they are."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

# Whose numbers may be written without a country code.
DEFAULT_REGION = "CN"
# E.164 has no more digits, country code included; a few numbers that the library takes for valid have.
_DIGITS_AT_MOST = 15


class PhoneNumberError(ValueError):
    """This is no phone number."""


def to_e164(text: str) -> str:
    """The number that this text writes, however: with spaces or hyphens, with a country code or, in China, without.

    Raises:
        PhoneNumberError: it is none that can exist, or has an extension, which no message reaches.
    """
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except NumberParseException:
        raise PhoneNumberError from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise PhoneNumberError
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if len(written) > 1 + _DIGITS_AT_MOST:
        raise PhoneNumberError
    return written


def as_e164(text: str) -> str:
    """The same, but what is no number stays as it is: for what others have recorded (imports, directories)."""
    try:
        return to_e164(text)
    except PhoneNumberError:
        return text


def national_digits(phone: str) -> tuple[int, str]:
    """The country code of a number in E.164, and the digits behind it."""
    number = phonenumbers.parse(phone)
    return number.country_code or 0, phonenumbers.national_significant_number(number)
