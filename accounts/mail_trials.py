"""How often test mails go out: each counts like a mail with a code, and there is a limit for all. It knows no pages."""

import secrets

from django.db import transaction

from accounts.code_limits import HOUR, Limit, check_all, wait_for_turn
from accounts.history import Attempt
from accounts.mail_codes import CodeRequest, limits_of_mailbox, row_of
from accounts.models import MailCode
from accounts.verifiers.mail import digest_address
from tenants.models import Tenant

# An hour, of all administrators of a tenant.
OF_ALL = 20
# No account: no code of a person is ever kept under it.
_NOBODY = ""


def reserve_trial(tenant: Tenant, address: str, attempt: Attempt) -> MailCode:
    """Count one test mail to this address, by a code that is good for nothing.

    Raises:
        CodeLimitError: mail_limited_tenant, mail_limited_mailbox.
    """
    mailbox = digest_address(address)
    trials = MailCode.objects.filter(tenant=tenant, account=_NOBODY)
    with transaction.atomic():
        wait_for_turn()
        check_all([Limit("mail_limited_tenant", trials, OF_ALL, HOUR), *limits_of_mailbox(mailbox)], attempt.time)
        row = row_of(CodeRequest(tenant, _NOBODY, attempt, ""), mailbox, secrets.token_hex(8), is_sent=True)
        return MailCode.objects.create(**row.values)


def release(trial: MailCode) -> None:
    """No mail went out: it disturbed nobody, and counts for the limit of all alone."""
    MailCode.objects.filter(pk=trial.pk).update(is_sent=False)
