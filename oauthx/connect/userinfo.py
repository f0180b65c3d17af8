"""Tells an application about the person of its token (OpenID Connect Core section 5.3). It must not know grants."""

from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.people import Person
from oauthx.authentication import Bearer, BearerTokenAuthentication
from oauthx.dialects.base import json_response
from oauthx.dialects.connect import CONNECT
from oauthx.errors import SCOPE_INSUFFICIENT, TOKEN_WITHOUT_USER, OAuthError
from oauthx.views import DialectView
from tenants.models import Tenant

Claim = Callable[[Person, Tenant | None], object]


def _tenant_value(attribute: str) -> Claim:
    return lambda _person, tenant: getattr(tenant, attribute) if tenant else None


# The claims of each scope (section 5.4). One without a value is left out, as section 5.3.2 wants it.
CLAIMS_OF_SCOPE: dict[str, dict[str, Claim]] = {
    "profile": {
        "name": lambda person, _tenant: person.real_name or person.account,
        "nickname": lambda person, _tenant: person.nick_name,
        "preferred_username": lambda person, _tenant: person.account,
        "picture": lambda person, _tenant: person.avatar,
        "zoneinfo": _tenant_value("time_zone"),
    },
    "email": {
        "email": lambda person, _tenant: person.email,
        # Nobody has proved to hold the address: an administrator wrote it.
        "email_verified": lambda person, _tenant: False if person.email else None,
    },
    "phone": {
        "phone_number": lambda person, _tenant: person.phone,
        "phone_number_verified": lambda person, _tenant: False if person.phone else None,
    },
    # Ours, documented in docs/endpoints/userinfo.md.
    "organisation": {
        "tenant_id": _tenant_value("code"),
        "tenant_name": _tenant_value("name"),
        "roles": lambda person, _tenant: [{"id": str(role.role_id), "alias": role.alias} for role in person.roles],
        "posts": lambda person, _tenant: [str(post_id) for post_id in person.post_ids],
        "departments": lambda person, _tenant: [str(dept_id) for dept_id in person.dept_ids],
        "company_id": lambda person, _tenant: None if person.company_id is None else str(person.company_id),
    },
}


class UserinfoView(DialectView):
    """`GET|POST /connect/userinfo`: `sub`, and the claims of the granted scopes, for the person as he is now."""

    dialect = CONNECT
    authentication_classes = (BearerTokenAuthentication,)
    permission_classes = (IsAuthenticated,)
    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def get(self, request: Request) -> HttpResponse:
        bearer: Bearer = request.user  # type: ignore[assignment]  # what our authentication returns
        person = bearer.token.person
        if person is None:
            raise OAuthError(TOKEN_WITHOUT_USER)
        if "openid" not in bearer.token.scope:
            raise OAuthError(SCOPE_INSUFFICIENT)
        claims: dict[str, object] = {"sub": str(person.user_id)}
        for scope in bearer.token.scope:
            for name, claim in CLAIMS_OF_SCOPE.get(scope, {}).items():
                value = claim(person, bearer.tenant)
                if value not in (None, ""):
                    claims[name] = value
        return json_response(claims, 200)

    def post(self, request: Request) -> HttpResponse:
        return self.get(request)
