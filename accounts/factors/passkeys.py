"""Passkeys (WebAuthn), by Yubico's fido2. It must not know pages; the session keeps the challenge between two requests.

A passkey belongs to the host that it was made at (the RP ID): a tenant's own domain has its own passkeys.
"""

import hashlib
import json
import logging
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.crypto import salted_hmac
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.factors import Proof, unless_locked
from accounts.models import Passkey, User
from accounts.verifiers import VerificationError
from tenants.sql import Statement, sql_time

logger = logging.getLogger(__name__)

_MAX_ANSWER_LENGTH = 32 * 1024
_REJECTED = "passkey_rejected"
# Longer ids may not be made (WebAuthn section 7.1, step 25).
_MAX_ID_BYTES = 1023
_KNOWN_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})
_REGISTRATION, _ASSERTION = "passkey_registration", "passkey_assertion"
_REQUIRED = UserVerificationRequirement.REQUIRED


def host_of(request: HttpRequest) -> str | None:
    """The host whose passkeys the browser shows here; None at an address that is none (WebAuthn section 5.1.2)."""
    host, _port = split_domain_port(request.get_host())
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host or None
    return None


def passkeys_here(request: HttpRequest, user: User) -> list[Passkey]:
    """The person's passkeys that are good at this host."""
    host = host_of(request)
    return list(Passkey.objects.filter(user=user, host=host)) if host else []


def begin_registration(request: HttpRequest, user: User) -> str | None:
    """What the browser is asked for a new passkey, as JSON; None where it cannot have one."""
    server = _server(request)
    if server is None:
        return None
    # No name and no number of ours: the device shows and sends it around (WebAuthn section 14.6.1).
    handle = salted_hmac("accounts.factors.passkeys", str(user.pk), algorithm="sha256").digest()
    entity = PublicKeyCredentialUserEntity(name=user.account, id=handle, display_name=user.get_full_name())
    options, state = server.register_begin(
        entity,
        [_descriptor(passkey) for passkey in passkeys_here(request, user)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=_REQUIRED,
    )
    request.session[_REGISTRATION] = {**state, "user": user.pk}
    return json.dumps(dict(options.public_key))


def finish_registration(request: HttpRequest, user: User, answer: str, name: str, now: datetime) -> Passkey:
    """The new passkey, not yet stored.

    Raises:
        VerificationError: passkey_rejected; the answer is not one to what was asked here a moment ago.
    """
    server, state = _server(request), _take(request, _REGISTRATION, user)
    if server is None or state is None or len(answer) > _MAX_ANSWER_LENGTH:
        raise VerificationError(_REJECTED)
    try:
        read = json.loads(answer)
        made: AuthenticatorData = server.register_complete(state, RegistrationResponse.from_dict(read))
        transports = [each for each in read["response"].get("transports", ()) if each in _KNOWN_TRANSPORTS]
    except Exception as error:
        # Whatever a stranger can put into CBOR, the library may raise.
        raise _refused(error) from error
    credential = made.credential_data
    if credential is None or len(credential.credential_id) > _MAX_ID_BYTES:
        raise VerificationError(_REJECTED)
    return Passkey(
        user=user,
        name=name,
        host=host_of(request) or "",
        credential_id=websafe_encode(credential.credential_id),
        credential_digest=hashlib.sha256(credential.credential_id).hexdigest(),
        credential_data=websafe_encode(bytes(credential)),
        transports=transports,
        sign_count=made.counter,
        is_synced=bool(made.flags & AuthenticatorData.FLAG.BE),
        created_at=now,
    )


def begin_assertion(request: HttpRequest, user: User) -> str | None:
    """What the browser is asked to show one of the person's passkeys, as JSON; None where none is good here."""
    server, passkeys = _server(request), passkeys_here(request, user)
    if server is None or not passkeys:
        return None
    options, state = server.authenticate_begin([_descriptor(each) for each in passkeys], user_verification=_REQUIRED)
    request.session[_ASSERTION] = {**state, "user": user.pk}
    return json.dumps(dict(options.public_key))


def check_assertion(request: HttpRequest, user: User, answer: str, now: datetime) -> Proof:
    """The proof that the browser's answer is.

    Raises:
        VerificationError: passkey_rejected.
    """
    server, state = _server(request), _take(request, _ASSERTION, user)
    passkeys = {each.credential_id: each for each in passkeys_here(request, user)}
    if server is None or state is None or len(answer) > _MAX_ANSWER_LENGTH:
        raise VerificationError(_REJECTED)
    try:
        response = AuthenticationResponse.from_dict(json.loads(answer))
        known = [AttestedCredentialData(websafe_decode(each.credential_data)) for each in passkeys.values()]
        credential = server.authenticate_complete(state, known, response)
        passkey = passkeys[websafe_encode(credential.credential_id)]
        counter = response.response.authenticator_data.counter
    except Exception as error:
        # As above.
        raise _refused(error) from error
    # A counter that does not go on tells of a copy (WebAuthn section 6.1.1); many devices keep none and send 0.
    going_on = ("sign_count < %s", (counter,)) if counter else ("sign_count = 0", ())
    condition, params = unless_locked(user.pk, sql_time(now))
    guard = Statement(
        "UPDATE accounts_passkey SET sign_count = %s, used_at = %s"  # noqa: S608 - our own text
        f" WHERE id = %s AND {going_on[0]} AND {condition} RETURNING id",
        (counter, sql_time(now), passkey.pk, *going_on[1], *params),
    )
    # RFC 8176: a key that the device may copy elsewhere is one kept by software.
    return Proof(name="passkey", amr="swk" if passkey.is_synced else "hwk", guard=guard, why_lost="passkey_cloned")


def _server(request: HttpRequest) -> Fido2Server | None:
    host = host_of(request)
    if host is None:
        return None
    origin = f"{request.scheme}://{request.get_host()}"
    entity = PublicKeyCredentialRpEntity(name="Hufu", id=host)
    return Fido2Server(entity, verify_origin=lambda claimed: claimed == origin)


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        type=PublicKeyCredentialType.PUBLIC_KEY,
        id=websafe_decode(passkey.credential_id),
        transports=passkey.transports or None,
    )


def _take(request: HttpRequest, name: str, user: User) -> dict[str, Any] | None:
    """What this person was asked; each challenge is good for one answer."""
    state: dict[str, Any] | None = request.session.pop(name, None)
    return state if state is not None and state.pop("user", None) == user.pk else None


def _refused(error: Exception) -> VerificationError:
    logger.info("a passkey was refused: %s", type(error).__name__)
    return VerificationError(_REJECTED)
