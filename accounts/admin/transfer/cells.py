"""The cells that only people have. They must not know which columns they stand in."""

import re
from typing import Any

from django.utils.translation import gettext as _

from accounts.phones import PhoneNumberError, to_e164
from tenants.console.transfer.columns import Cell

_SHA1 = re.compile(r"[0-9a-fA-F]{40}")


class HashCell(Cell):
    """`sha1(md5(password))` as BladeX keeps it; empty leaves the password as it is."""

    def read(self, text: str, context: dict[str, Any]) -> str:  # noqa: ARG002
        if not _SHA1.fullmatch(text):
            raise ValueError(
                _(
                    "This is no hash of BladeX: 40 digits 0-9 and a-f are expected. Passwords themselves are not read:"
                    " leave it empty, and have passwords generated."
                )
            )
        return text.lower()


class PhoneCell(Cell):
    """A number in E.164 already here, so that another spelling of one that is there is no change."""

    def read(self, text: str, context: dict[str, Any]) -> str:
        try:
            return to_e164(super().read(text, context))
        except PhoneNumberError:
            raise ValueError(_("This is no phone number.")) from None
