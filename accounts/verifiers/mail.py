"""Reads the code that was sent to a person by mail. It must not know pages or who sends mails.

Only the newest code of an account is looked at.
"""

import json

from django.utils.crypto import salted_hmac

from accounts.people import Person, look_up_beside
from accounts.verifiers.sent_codes import COLUMNS, CodeTable, Presented, stored_code
from tenants.sql import Statement

MAIL_CODES = CodeTable("accounts_mailcode", prefix="mail_code", nobody="unknown_user")

_NEWEST = (
    f"SELECT {COLUMNS} FROM {MAIL_CODES.name} c"  # noqa: S608 - constants of ours
    " WHERE c.account = %s AND c.tenant_id = %s ORDER BY c.created_at DESC, c.id DESC LIMIT 1"
)


def digest_code(tenant_id: int, account: str, person: Person | None, code: str) -> str:
    """The keyed digest under which a code is kept: good for this person, until his password or mail address changes."""
    bound_to = [person.user_id, person.email, person.password] if person is not None else []
    value = json.dumps([tenant_id, account, *bound_to, code])
    return salted_hmac("hufu.mail-code", value, algorithm="sha256").hexdigest()


def digest_address(address: str) -> str:
    """The keyed digest of a mail address, by which what goes there is counted; "" of none."""
    return salted_hmac("hufu.mail-box", address.lower(), algorithm="sha256").hexdigest() if address else ""


def read_code(tenant_id: int, account: str, code: str) -> Presented:
    """Look up, in one statement, the person of this account and the newest code that was made for it."""
    found, row = look_up_beside(tenant_id, account, Statement(_NEWEST, (account, tenant_id)))
    return Presented(
        MAIL_CODES, found, stored_code(MAIL_CODES, row, digest_code(tenant_id, account, found.person, code))
    )
