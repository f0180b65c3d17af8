"""Proves a person by WeChat: by a code that WeChat exchanges, or by an identity that is taken as it is.

It must not know tokens or wire names, nor whose word is taken for an identity.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.core.cache import caches
from django.db.models import QuerySet

from accounts.gateways.wechat import AppAtWechat, Trouble, WechatError, wechat_gateway
from accounts.identities import Identity
from accounts.models import WechatApp
from accounts.people import LookUp, Person, look_up_by_identity, look_up_by_unionid
from accounts.verifiers import VerificationError
from tenants import registry

# As long as WeChat takes a code at the most.
_CODE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Found:
    """Whose the identity is, as far as is known. `by_unionid`: it is not bound yet, only one of its union id is."""

    identity: Identity
    look_up: LookUp
    by_unionid: bool = False


def find_app(tenant_id: int, app_id: str) -> WechatApp | None:
    """The tenant's app of this id, active or not, from this process's memory."""
    return registry.cached_if_found(
        ("wechat-app", tenant_id, app_id),
        lambda: WechatApp.objects.filter(tenant_id=tenant_id, app_id=app_id).first(),
    )


def apps_to_bind(tenant_id: int) -> QuerySet[WechatApp]:
    """The tenant's apps that people can bind with their browser alone."""
    kind = WechatApp.Kind.OPEN_PLATFORM
    return WechatApp.objects.filter(tenant_id=tenant_id, kind=kind, is_active=True, binds_on_account_page=True)


def at_wechat(app: WechatApp) -> AppAtWechat:
    """The app as WeChat knows it, with its secret in the clear.

    Raises:
        WechatError: it has none, or one that cannot be decrypted.
    """
    try:
        secret = app.secret.reveal()
    except InvalidToken:
        raise WechatError("wechat_secret_unreadable", Trouble.SETUP) from None
    if not secret:
        raise WechatError("wechat_secret_missing", Trouble.SETUP)
    return AppAtWechat(
        app_id=app.app_id,
        secret=secret,
        is_mini_program=app.kind == WechatApp.Kind.MINI_PROGRAM,
        lane=str(app.tenant_id),
    )


def prove_by_code(app: WechatApp, code: str) -> Identity:
    """The identity that this code was given for. Of many who bring one code, here or at WeChat, one gets an answer.

    Raises:
        WechatError: WeChat does not say, or the code was brought before. CACHE_ERRORS: that cannot be known now.
    """
    told = wechat_gateway().exchange_code(at_wechat(app), code)
    mark = hashlib.sha256(f"{app.pk}\n{code}".encode()).hexdigest()
    if not caches["challenges"].add(f"wechat-code:{mark}", 1, timeout=_CODE_SECONDS):
        raise WechatError("wechat_code_used", Trouble.CODE)
    return Identity(app.tenant_id, app.app_id, told.openid, told.unionid)


def find_person(identity: Identity) -> Found:
    """Whose it is: to whom it is bound, else who alone has identities of the same union id."""
    found = look_up_by_identity(identity.tenant_id, identity.provider, identity.app, identity.openid)
    if found.person is not None or not identity.unionid:
        return Found(identity, found)
    linked = look_up_by_unionid(identity.tenant_id, identity.provider, identity.unionid)
    return Found(identity, linked, by_unionid=linked.person is not None)


def verify_identity(found: Found, now: datetime) -> Person:
    """The person whose identity it is.

    Raises:
        VerificationError: wechat_not_bound, account_locked, account_disabled.
    """
    person = found.look_up.person
    if person is None:
        raise VerificationError("wechat_not_bound")
    if found.look_up.is_locked(now):
        raise VerificationError("account_locked")
    if not person.is_active:
        raise VerificationError("account_disabled")
    return person
