"""The catalogue of refusals as a whole: standard codes, ASCII for programs, a text for people in both languages."""

import re

import pytest
from django.utils import translation

from oauthx import errors
from oauthx.errors import OAuthError, Refusal

CATALOGUE = {name: entry for name, entry in vars(errors).items() if isinstance(entry, Refusal)}
every_entry = pytest.mark.parametrize("refusal", CATALOGUE.values(), ids=CATALOGUE)
CODES = {
    # RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 6749 section 4.1.2.1.
    *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
    *("invalid_scope", "invalid_token", "insufficient_scope", "server_error", "temporarily_unavailable"),
    # RFC 8628 section 3.5, RFC 7009 section 2.2.1.
    *("authorization_pending", "slow_down", "access_denied", "expired_token", "unsupported_token_type"),
}


@every_entry
def test_has_a_standard_code(refusal: Refusal) -> None:
    assert refusal.code in CODES


@every_entry
def test_only_a_bad_client_or_token_is_a_401(refusal: Refusal) -> None:
    """Existing apps take a 401 for the end of the session: they refresh, then log out."""
    assert (refusal.status == 401) == (refusal.code in {"invalid_client", "invalid_token"})


@every_entry
def test_the_description_has_the_characters_of_rfc_6749(refusal: Refusal) -> None:
    """Section 5.2: %x20-21 / %x23-5B / %x5D-7E, so neither quotes nor backslashes."""
    assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+", refusal.description)


@every_entry
def test_the_text_is_chinese_by_default_and_english_on_request(refusal: Refusal) -> None:
    with translation.override("zh-hans"):
        assert re.search("[\u4e00-\u9fff]", str(refusal.text))
    with translation.override("en"):
        assert str(refusal.text).isascii()


@every_entry
def test_the_reason_fits_the_history_and_stays_inside(refusal: Refusal) -> None:
    assert re.fullmatch("[a-z0-9_]{1,64}", refusal.reason)
    assert refusal.reason not in refusal.description


def test_reasons_tell_entries_apart() -> None:
    assert len({refusal.reason for refusal in CATALOGUE.values()}) == len(CATALOGUE)


def test_an_error_says_its_code_and_most_exact_reason() -> None:
    assert str(OAuthError(errors.CREDENTIALS_REJECTED)) == "invalid_grant: credentials_rejected"
    assert str(OAuthError(errors.CREDENTIALS_REJECTED, "account_locked")) == "invalid_grant: account_locked"
