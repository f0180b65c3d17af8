"""A device code for tokens, as soon as a person has allowed it (RFC 8628 section 3.4). It works once, also at once."""

from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from oauthx import lookups, store
from oauthx.choices import DEVICE_CODE
from oauthx.errors import (
    ACCESS_DENIED,
    AUTHORIZATION_PENDING,
    DEVICE_CODE_EXPIRED,
    DEVICE_CODE_REJECTED,
    SLOW_DOWN,
    OAuthError,
)
from oauthx.grants.base import Param, check_standing
from oauthx.lookups import StoredDeviceCode
from oauthx.models import DeviceGrant
from oauthx.requests import Subject, TokenRequest


class DeviceCodeGrant:
    name = DEVICE_CODE
    label = _("Device code")
    params = (Param("device_code"),)
    is_login = False
    personal = True
    knows_tenant = True

    def authenticate(self, request: TokenRequest) -> Subject:
        """The person who allowed this code in his browser. Its replay ends what it brought."""
        stored = self._find(request)
        if stored.family_id is not None:
            raise self._replayed(stored, request)
        if request.received_at >= stored.expires_at:
            raise OAuthError(DEVICE_CODE_EXPIRED, person=stored.person)
        if stored.status == DeviceGrant.DENIED:
            raise OAuthError(ACCESS_DENIED, person=stored.person)
        if stored.auth_time is None:  # Until somebody has decided.
            is_hasty = store.note_poll(stored.row_id, stored.interval_seconds, request.received_at)
            raise OAuthError(SLOW_DOWN if is_hasty else AUTHORIZATION_PENDING)
        check_standing(request, stored.tenant, stored.person, stored.expires_at, DEVICE_CODE_REJECTED)
        family_id = uuid4()
        return Subject(
            person=stored.person,
            tenant=stored.tenant,
            auth_time=stored.auth_time,
            amr=stored.amr,
            scope=stored.scope,
            family_id=family_id,
            guard=store.use_of_device_code(stored.row_id, family_id, request.received_at),
            # Another request was first: that is a replay too, and what the first one got ends with it.
            lost=lambda: self._replayed(stored, request),
        )

    @staticmethod
    def _find(request: TokenRequest) -> StoredDeviceCode:
        """The row of the code, if it was made for this client.

        Raises:
            OAuthError: invalid_grant; the code stays good for the one whom it was made for.
        """
        stored = lookups.find_device_code(request.params["device_code"])
        if stored is None:
            raise OAuthError(DEVICE_CODE_REJECTED)
        if stored.client_id != request.client.client_id:
            raise OAuthError(DEVICE_CODE_REJECTED, "device_code_of_another_client")
        if request.tenant is not None and stored.tenant is not None and stored.tenant.pk != request.tenant.pk:
            raise OAuthError(DEVICE_CODE_REJECTED, "device_code_of_another_tenant", person=stored.person)
        return stored

    @staticmethod
    def _replayed(stored: StoredDeviceCode, request: TokenRequest) -> OAuthError:
        return OAuthError(
            DEVICE_CODE_REJECTED,
            "device_code_replayed",
            person=stored.person,
            consequences=[store.ending_of_family_of_device_code(stored.row_id, request.received_at)],
        )
