"""Makes captchas and proves that a person read one. It must not know HTTP or which grant asks."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from captcha.image import ImageCaptcha
from django.conf import settings
from django.core.cache import caches

from accounts.verifiers import VerificationError

LIFETIME_SECONDS = 300
LENGTH = 5
# Without the look-alikes 0/o, 1/l/i.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Captcha:
    """A picture (PNG) and the key under which its answer is kept."""

    key: str
    png: bytes = field(repr=False)


def issue_captcha(audience: str, tenant_code: str, now: datetime) -> Captcha:
    """Draw a captcha for this audience (a dialect's prefix), bound to the tenant if the request named one.

    In development its answer is printed on standard output.

    Raises:
        CACHE_ERRORS: more are unanswered than the in-process cache holds, or Redis does not answer.
    """
    key = secrets.token_hex(16)
    answer = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    # Kept twice as long as it is good, so that the history can tell a late answer from an invented key.
    caches["challenges"].set(
        f"captcha:{key}", (answer, audience, tenant_code, now.timestamp()), timeout=2 * LIFETIME_SECONDS
    )
    if settings.HUFU_DEVELOPMENT:
        print(f"captcha key={key} code={answer}", flush=True)  # noqa: T201 - the console is the gateway here
    return Captcha(key=key, png=ImageCaptcha(width=120, height=48).generate(answer).getvalue())


def verify_captcha(key: str, answer: str, audience: str, tenant_code: str, now: datetime) -> None:
    """Accept the right answer, in any case, once; any attempt burns the captcha, also under concurrency.

    Raises:
        VerificationError: captcha_unknown, captcha_used, captcha_expired, captcha_mismatch.
    """
    cache = caches["challenges"]
    if not _KEY.fullmatch(key):  # Django's caches warn, in the log, of keys with spaces or of great length.
        raise VerificationError("captcha_unknown")
    entry = cache.get(f"captcha:{key}")
    # Deleting tells exactly one of many callers that it was there; a note of it says so to those who come later.
    if entry is None or not cache.delete(f"captcha:{key}"):
        raise VerificationError("captcha_used" if cache.get(f"captcha-used:{key}") else "captcha_unknown")
    cache.set(f"captcha-used:{key}", 1, timeout=LIFETIME_SECONDS)
    expected, made_for, bound_tenant, made_at = entry
    if now.timestamp() - made_at >= LIFETIME_SECONDS:
        raise VerificationError("captcha_expired")
    right_place = made_for == audience and bound_tenant in {"", tenant_code}
    if not (secrets.compare_digest(expected.encode(), answer.lower().encode()) and right_place):
        raise VerificationError("captcha_mismatch")
