"""Codes of an authenticator app (TOTP, RFC 6238). It must not know pages or who asks."""

from datetime import datetime, timedelta

import pyotp
import segno
from django.utils.safestring import SafeString, mark_safe
from pyotp.exceptions import OTPVerificationError

from accounts.factors import Proof, unless_locked
from accounts.models import AuthenticatorApp
from accounts.verifiers import VerificationError
from tenants.sql import Statement, sql_time

DIGITS = 6
# Clocks differ, and people type slowly: one step before and one after count too (RFC 6238 section 5.2).
_STEPS_ASIDE = 1
# From so many wrong codes in a row each next try must wait, twice as long each time, a day at the most.
FREE_FAILURES = 5
_LONGEST_WAIT_MINUTES = 24 * 60


def new_secret() -> str:
    """A new secret of 160 bits, in base32 (RFC 4226 section 4, R6)."""
    return pyotp.random_base32()


def address_of(secret: str, account: str, issuer: str) -> str:
    """What the app is told by its camera: an `otpauth://` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def qr_code(address: str) -> SafeString:
    """The address as an SVG, for a page; dark on light in any theme, or cameras do not read it."""
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S308 - of segno's making


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that this is the code of; None if it is wrong."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=_STEPS_ASIDE)
    except (OTPVerificationError, UnicodeEncodeError):
        return None


def check_code(user_id: int, code: str, now: datetime) -> Proof:
    """The proof that this code is.

    Raises:
        VerificationError: totp_rejected, also of a person who has no app; totp_used; totp_wait, and the code was not
            looked at.
    """
    app = AuthenticatorApp.objects.filter(user_id=user_id).first()
    if app is None:
        raise VerificationError("totp_rejected", counts=True)
    if now < _next_try(app):
        raise VerificationError("totp_wait")
    step = step_of(app.secret.reveal(), code, now)
    if step is None:
        raise VerificationError("totp_rejected", counts=True)
    if step <= app.last_step:
        raise VerificationError("totp_used", counts=True)
    condition, params = unless_locked(user_id, sql_time(now))
    # A wrong code that came in between makes it another number of failures: whoever guesses at once gains nothing.
    guard = Statement(
        "UPDATE accounts_authenticatorapp SET last_step = %s, used_at = %s, failures = 0"  # noqa: S608 - our own text
        f" WHERE user_id = %s AND last_step < %s AND failures = %s AND {condition} RETURNING id",
        (step, sql_time(now), user_id, step, app.failures, *params),
    )
    return Proof(name="totp", amr="otp", guard=guard, why_lost="totp_used")


def counting_of_wrong_code(user_id: int, now: datetime) -> Statement:
    """The statement that counts a wrong code for the app itself: no right password makes that forgotten."""
    return Statement(
        "UPDATE accounts_authenticatorapp SET failures = failures + 1, failed_at = %s WHERE user_id = %s RETURNING id",
        (sql_time(now), user_id),
    )


def _next_try(app: AuthenticatorApp) -> datetime:
    if app.failed_at is None or app.failures < FREE_FAILURES:
        return datetime.fromtimestamp(0, tz=app.created_at.tzinfo)
    minutes = min(2 ** min(app.failures - FREE_FAILURES, 16), _LONGEST_WAIT_MINUTES)
    return app.failed_at + timedelta(minutes=minutes)
