"""The two ways to prove oneself for a new password: a code to the phone, or one to the mailbox. It must not know pages.

Both do the same work for everybody, known or not, and say nothing of who exists.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, Protocol

from django.db.models import Q
from django.utils.translation import get_language

from accounts import mail_codes, mail_delivery, sms_codes, sms_delivery
from accounts.gateways import mail as mail_server
from accounts.history import Attempt
from accounts.models import LoginEvent, User
from accounts.people import Person
from accounts.verifiers import VerificationError, mail, sms
from accounts.verifiers.sent_codes import Presented, verify_code
from tenants.models import Tenant

# Whom its codes and captchas are for. No client has this id: a colon stands in none.
AUDIENCE = "hufu:forgotten-password"


class Way(Protocol):
    """How a code reaches its person. What he types in to be found by is the recipient: his phone, or his account."""

    name: ClassVar[str]
    kind: ClassVar[LoginEvent.Kind]
    lifetime_seconds: ClassVar[int]

    def is_set_up(self) -> bool:
        """Whether this installation can go this way for any tenant."""
        ...

    def is_offered(self, tenant: Tenant) -> bool:
        """Whether the tenant's people may go this way."""
        ...

    def issue(self, tenant: Tenant, recipient: str, attempt: Attempt) -> Callable[[], None]:
        """Make a code; what is returned sends it, and belongs after the answer.

        Raises:
            CodeLimitError: too many were asked for.
        """
        ...

    def read(self, tenant: Tenant, recipient: str, code: str) -> Presented:
        """What is known of the recipient and of the newest code that was made for him."""
        ...

    def why_withheld(self, tenant: Tenant, recipient: str) -> str:
        """Why this recipient gets no new password; "" for anybody else, and for nobody."""
        ...


class BySms:
    name: ClassVar[str] = "sms"
    kind: ClassVar[LoginEvent.Kind] = LoginEvent.Kind.SMS_REQUEST
    lifetime_seconds: ClassVar[int] = sms_codes.LIFETIME_SECONDS

    def is_set_up(self) -> bool:
        # Gateways are the tenants' own.
        return True

    def is_offered(self, tenant: Tenant) -> bool:
        return tenant.offers_password_reset

    def issue(self, tenant: Tenant, recipient: str, attempt: Attempt) -> Callable[[], None]:
        withheld = self.why_withheld(tenant, recipient)
        request = sms_codes.CodeRequest(tenant, AUDIENCE, recipient, attempt, withheld=withheld)
        return partial(sms_delivery.send_after_answer, sms_codes.issue_code(request))

    def read(self, tenant: Tenant, recipient: str, code: str) -> Presented:
        return sms.read_code(tenant.pk, AUDIENCE, recipient, code)

    def why_withheld(self, tenant: Tenant, recipient: str) -> str:
        return _why_withheld(Q(tenant=tenant, phone=recipient))


class ByMail:
    name: ClassVar[str] = "mail"
    kind: ClassVar[LoginEvent.Kind] = LoginEvent.Kind.MAIL_REQUEST
    lifetime_seconds: ClassVar[int] = mail_codes.LIFETIME_SECONDS

    def is_set_up(self) -> bool:
        return mail_server.is_set_up()

    def is_offered(self, tenant: Tenant) -> bool:
        return tenant.offers_password_reset_by_mail and self.is_set_up()

    def issue(self, tenant: Tenant, recipient: str, attempt: Attempt) -> Callable[[], None]:
        withheld = self.why_withheld(tenant, recipient)
        request = mail_codes.CodeRequest(tenant, recipient, attempt, get_language() or "", withheld)
        return partial(mail_delivery.send_after_answer, mail_codes.issue_code(request))

    def read(self, tenant: Tenant, recipient: str, code: str) -> Presented:
        return mail.read_code(tenant.pk, recipient, code)

    def why_withheld(self, tenant: Tenant, recipient: str) -> str:
        return _why_withheld(Q(tenant=tenant, account=recipient))


WAYS: Sequence[Way] = (BySms(), ByMail())


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for in this browser a moment ago."""

    tenant: Tenant
    way: Way
    recipient: str

    def read(self, code: str) -> Presented:
        """What is known of the recipient and of the newest code that was made for him."""
        return self.way.read(self.tenant, self.recipient, code)

    def prove(self, presented: Presented, now: datetime) -> Person:
        """As `verify_code`, and not of one of whom a second factor is demanded since he asked.

        Raises:
            VerificationError: as there; second_factor_missing.
        """
        person = verify_code(presented, now)
        if withheld := self.way.why_withheld(self.tenant, self.recipient):
            raise VerificationError(withheld)
        return person


def way_of(name: str) -> Way | None:
    """The way of this name, if there is one."""
    return next((way for way in WAYS if way.name == name), None)


def ways_of(tenant: Tenant | None) -> list[Way]:
    """Those that this tenant's people may go; of a tenant that is not known yet, those that some tenant's may."""
    if tenant is None:
        return [way for way in WAYS if way.is_set_up()]
    return [way for way in WAYS if way.is_offered(tenant)]


def _why_withheld(recipient: Q) -> str:
    """Whoever has phone or mailbox would get the console with it, and nobody vouches that they are still his.

    So of the console's people a second factor is asked for; and of those who must have one, or whoever chose the
    password would set up a factor of his own.
    """
    may_use_console = Q(is_staff=True) | Q(is_superuser=True)
    must_have_one = Q(tenant__requires_second_factor=True) | Q(roles__requires_second_factor=True)
    bare = User.objects.filter(may_use_console | must_have_one, recipient, authenticator_app=None, passkeys=None)
    return "second_factor_missing" if bare.exists() else ""
