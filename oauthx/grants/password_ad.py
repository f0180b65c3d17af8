"""A password at the tenant's Active Directory. Only for documents that send it as it is: no directory knows its MD5."""

import logging

from django.utils.translation import gettext_lazy as _

from accounts.directories.access import find_directory
from accounts.directories.admission import admit
from accounts.directories.attempts import telling_of_lock
from accounts.gateways.directory_route import DirectoryError, DirectoryUnavailableError
from accounts.models import Directory
from accounts.people import LookUp, look_up_by_identity
from accounts.verifiers import VerificationError
from accounts.verifiers.directory import DirectoryRefusalError, verify_directory_password
from oauthx.errors import CREDENTIALS_REJECTED, PARAMETER_MISSING, SERVER_ERROR, TEMPORARILY_UNAVAILABLE, OAuthError
from oauthx.grants.base import Param, check_main_account, require_tenant
from oauthx.grants.binding import bind_by_ticket, find_bind_ticket
from oauthx.requests import Subject, TokenRequest

logger = logging.getLogger(__name__)


class PasswordAdGrant:
    name = "password_ad"
    label = _("Active Directory password")
    params = (Param("username"), Param("password", plain=True), Param("bind_ticket", required=False))
    is_login = True
    personal = True
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        tenant, now = require_tenant(request), request.received_at
        if request.password is None or request.password.plain is None:
            raise OAuthError(PARAMETER_MISSING)
        ticket = find_bind_ticket(request)
        directory: Directory | None = None
        try:
            directory, name = find_directory(tenant, request.params["username"])
            proven = verify_directory_password(directory, name, request.password.plain, now)
            # Before anything of him is written.
            _check(request, _look_up(directory, str(proven.entry.guid)))
            admit(directory, proven, now)
        except DirectoryRefusalError as error:
            person = _look_up(directory, str(error.guid or "")).person if directory else None
            counting = telling_of_lock() if error.has_locked else None
            raise OAuthError(CREDENTIALS_REJECTED, error.reason, person=person, counting=counting) from error
        except VerificationError as error:
            raise OAuthError(CREDENTIALS_REJECTED, error.reason) from error
        except DirectoryError as error:
            logger.warning("directory gave no answer directory=%s reason=%s", directory and directory.pk, error)
            is_temporary = isinstance(error, DirectoryUnavailableError)
            raise OAuthError(TEMPORARILY_UNAVAILABLE if is_temporary else SERVER_ERROR, error.reason) from error
        found = _look_up(directory, str(proven.entry.guid))
        _check(request, found)
        person = found.person
        if person is None:
            raise OAuthError(CREDENTIALS_REJECTED, "account_disabled")
        return bind_by_ticket(ticket, Subject(person=person, tenant=tenant, auth_time=now, amr="pwd"), request)


def _check(request: TokenRequest, found: LookUp) -> None:
    """Whether he may sign in, as far as he is known yet.

    Raises:
        OAuthError: account_disabled, main_account_mismatch.
    """
    if found.person is not None and not found.person.is_active:
        raise OAuthError(CREDENTIALS_REJECTED, "account_disabled", person=found.person)
    check_main_account(request, found.main_account, found.person)


def _look_up(directory: Directory, guid: str) -> LookUp:
    return look_up_by_identity(directory.tenant_id, "directory", str(directory.pk), guid)
