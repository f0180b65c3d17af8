"""Finds out whether the person of a browser's session will do for a request. It must not know pages."""

from django.http import HttpRequest

from accounts.browser_session import auth_time
from accounts.domains import tenant_of_domain
from accounts.models import User
from oauthx.authorize.progress import Progress
from oauthx.authorize.request import AuthorizationError, AuthorizationRequest
from oauthx.conf import conf
from oauthx.models import Client, Consent
from tenants.models import Tenant
from tenants.resolution import TenantError, resolve


def tenant_of(request: HttpRequest, wanted: AuthorizationRequest) -> Tenant | None:
    """The tenant that client or request name, or else the domain; None where only the sign-in can tell.

    Raises:
        AuthorizationError: they contradict each other, or the tenant cannot be used.
    """
    client, now = wanted.client, conf().clock()
    if client.tenant is None and wanted.tenant_code is None:
        own = tenant_of_domain(request)
        return own if own is not None and own.pk in client.served_tenant_ids() and own.is_usable(now) else None
    try:
        return resolve(wanted.tenant_code, client.tenant, client.served_tenant_ids(), now)
    except TenantError:
        raise AuthorizationError("invalid_request", "The tenant cannot be used", wanted.answer) from None


def find_person(
    request: HttpRequest, wanted: AuthorizationRequest, tenant: Tenant | None, progress: Progress
) -> User | None:
    """The person of this browser's session, if he will do for this request without a new sign-in.

    Raises:
        AuthorizationError: login_required; he signed in for this request, and it wants another person
            (OpenID Connect Core section 3.1.2.2).
    """
    user = request.user
    if not isinstance(user, User) or not may_answer(user, wanted, tenant):
        return None
    has_just_signed_in = auth_time(request) >= progress.since
    if wanted.subject is not None and str(user.pk) != wanted.subject:
        if has_just_signed_in:
            raise AuthorizationError("login_required", "Another person has signed in", wanted.answer)
        return None
    if has_just_signed_in:
        return user
    return None if "login" in wanted.prompt or _is_too_long_ago(request, wanted) else user


def may_answer(user: User, wanted: AuthorizationRequest, tenant: Tenant | None) -> bool:
    """Whether he is of the request's tenant, or of one that its client serves; a session of another one never does."""
    allowed = {tenant.pk} if tenant is not None else wanted.client.served_tenant_ids()
    return bool(user.is_active and user.tenant_id in allowed and user.tenant.is_usable(conf().clock()))


def has_signed_in_in_vain(
    request: HttpRequest, wanted: AuthorizationRequest, tenant: Tenant | None, progress: Progress
) -> bool:
    """Whether he has signed in for this request, and its client does not serve him."""
    user = request.user
    if not isinstance(user, User) or may_answer(user, wanted, tenant):
        return False
    return auth_time(request) >= progress.since


def must_choose(request: HttpRequest, wanted: AuthorizationRequest, progress: Progress, user: User) -> bool:
    """Whether he has still to say that it shall be this account: by the chooser, or by signing in for this request."""
    is_settled = progress.chosen == user.pk or auth_time(request) >= progress.since
    return "select_account" in wanted.prompt and not is_settled


def has_consented(user: User, client: Client, scope: tuple[str, ...]) -> bool:
    """Whether he has allowed this client this scope before, or need not be asked."""
    if client.skip_authorization:
        return True
    consent = Consent.objects.filter(user=user, client=client).first()
    return consent is not None and consent.covers(scope)


def account_to_fill_in(wanted: AuthorizationRequest, tenant: Tenant | None) -> tuple[str, str]:
    """The codes of tenant and account that the sign-in page starts with; "" where a thing is not known."""
    code = tenant.code if tenant is not None else ""
    hinted = None
    # A `sub` in `claims` is anyone's word: it must not lead to a name.
    is_proven = "id_token_hint" in wanted.parameters
    if is_proven and wanted.subject is not None and wanted.subject.isascii() and wanted.subject.isdecimal():
        hinted = User.objects.select_related("tenant").filter(pk=wanted.subject).first()
    if hinted is not None and may_answer(hinted, wanted, tenant):
        return hinted.tenant.code, hinted.account
    return code, wanted.login_hint


def _is_too_long_ago(request: HttpRequest, wanted: AuthorizationRequest) -> bool:
    """`max_age=0` says the same as `prompt=login`."""
    if wanted.max_age is None:
        return False
    age_seconds = (conf().clock() - auth_time(request)).total_seconds()
    return wanted.max_age == 0 or age_seconds > wanted.max_age
