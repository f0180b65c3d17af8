"""What the reasons mean that tell of second factors, and what to do. It must not know how they arise."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_NOTHING = _("Nothing.")
_GUESSING = _("Nothing, if it stays at a few. In numbers somebody knows the password and is guessing: reset it.")
_CLOCK = _("Let the person wait for the next code, and set the phone's clock by the network.")

FACTOR_MEANINGS: Mapping[str, tuple[Any, Any]] = {
    "password": (_("It was done by the person's password."), _NOTHING),
    "totp": (_("It was done by a code of an authenticator app."), _NOTHING),
    "passkey": (_("It was done by a passkey."), _NOTHING),
    "recovery_code": (
        _("It was done by a recovery code, which is used up now."),
        _("Ask the person whether he has lost his phone or key; he should make new codes on his account page."),
    ),
    "totp_rejected": (_("The password was right, but the code of the authenticator app was wrong."), _CLOCK),
    "totp_used": (_("This code of the authenticator app was used before; each counts once."), _CLOCK),
    "totp_wait": (
        _("After many wrong codes in a row the next ones are not looked at for a while."),
        _GUESSING,
    ),
    "recovery_code_rejected": (_("The password was right, but this is none of his recovery codes."), _GUESSING),
    "recovery_code_used": (
        _("This recovery code was used before; each counts once."),
        _("Let the person take another one, or reset his second factors."),
    ),
    "password_missing": (
        _("The person has no password here: the directory or another way of signing in has it."),
        _("Let the person change it there."),
    ),
    "second_factor_missing": (
        _(
            "The person has no second factor, and may use the console or must have one: a code alone gives him no new"
            " password."
        ),
        _("Make sure who asks, and reset his password. Let him set up a second factor."),
    ),
    "passkey_rejected": (
        _("What the browser sent does not belong to a passkey of this person, or was made for another site."),
        _("Let the person try again, at the address where the passkey was made."),
    ),
    "passkey_cloned": (
        _("The passkey counts its uses, and this count was lower than before: there may be a copy of it."),
        _("Ask the person, and let him remove this passkey and make a new one."),
    ),
}
