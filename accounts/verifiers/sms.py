"""Reads the code that was sent to a person's phone. It must not know tokens, wire names or who sends messages.

Only the newest code of a client and phone is looked at.
"""

from django.utils.crypto import salted_hmac

from accounts.people import look_up_by_phone_beside
from accounts.verifiers.sent_codes import COLUMNS, CodeTable, Presented, stored_code
from tenants.sql import Statement

SMS_CODES = CodeTable("accounts_smscode", prefix="sms_code", nobody="phone_unknown")

_NEWEST = (
    f"SELECT {COLUMNS} FROM {SMS_CODES.name} c"  # noqa: S608 - constants of ours
    " WHERE c.phone = %s AND c.tenant_id = %s AND c.audience = %s ORDER BY c.created_at DESC, c.id DESC LIMIT 1"
)


def digest_code(tenant_id: int, audience: str, phone: str, code: str) -> str:
    """The keyed digest under which a code is kept: good in this tenant, for this client and phone alone."""
    value = f"{tenant_id}\n{audience}\n{phone}\n{code}"
    return salted_hmac("hufu.sms-code", value, algorithm="sha256").hexdigest()


def read_code(tenant_id: int, audience: str, phone: str, code: str) -> Presented:
    """Look up, in one statement, the person of this phone (E.164) and the newest code that was made for it."""
    beside = Statement(_NEWEST, (phone, tenant_id, audience))
    found, row = look_up_by_phone_beside(tenant_id, phone, beside)
    return Presented(SMS_CODES, found, stored_code(SMS_CODES, row, digest_code(tenant_id, audience, phone, code)))
