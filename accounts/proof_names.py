"""What ways to prove oneself are called (RFC 8176), for the console. It must not know who proves himself, or where."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_NAMES: Mapping[str, Any] = {
    "pwd": _("password"),
    "otp": _("authenticator app or recovery code"),
    "hwk": _("passkey"),
    "swk": _("passkey"),
    "sms": _("SMS code"),
    "mfa": _("two factors"),
}


def names_of_proofs(amr: str) -> str:
    """These proofs in words, in the reader's language; one that is not known stands as it is."""
    return ", ".join(dict.fromkeys(str(_NAMES.get(proof, proof)) for proof in amr.split()))
