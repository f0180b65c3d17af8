"""Binds a person's WeChat on his account page: to WeChat's page and back. It must not know clients or tokens.

Only who began in this browser, moments after he signed in, ends here: an address that somebody else sends him binds
nothing, since WeChat's answer has to bring the state that this browser's session keeps.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from accounts.account_page import see_other, to_sign_in, visit_of
from accounts.account_sections import Visit
from accounts.caches import CACHE_ERRORS
from accounts.gateways.wechat import Trouble, WechatError
from accounts.identities import attempt_of, bind
from accounts.models import SocialIdentity, WechatApp
from accounts.origin import origin_of
from accounts.people import look_up
from accounts.verifiers.wechat import apps_to_bind, prove_by_code

# WeChat's page where one scans with the phone ("Website App WeChat Login").
PAGE_OF_WECHAT = "https://open.weixin.qq.com/connect/qrconnect"
# How long ago the person may have proven himself: whoever finds a browser open shall not bind his own WeChat.
RECENT = timedelta(minutes=10)
# How long WeChat's page may take.
LIFETIME = timedelta(minutes=10)
REASON = "account_page"
_KEY = "wechat_binding"


class BindWechatView(View):
    """`GET /account/wechat/APP/`: leads to WeChat's page; by way of the sign-in page, unless that was just now."""

    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it

    def get(self, request: HttpRequest, app: int) -> HttpResponse:
        visit = visit_of(request)
        if visit is None or visit.now - visit.session.auth_time > RECENT:
            return to_sign_in(reverse("accounts:bind-wechat", args=[app]))
        row = apps_to_bind(visit.user.tenant_id).filter(pk=app).first()
        if row is None:
            raise Http404
        state = secrets.token_urlsafe(32)
        until = (visit.now + LIFETIME).timestamp()
        request.session[_KEY] = {"state": state, "app": row.pk, "until": until}
        query = {
            "appid": row.app_id,
            "redirect_uri": request.build_absolute_uri(reverse("accounts:wechat-bound")),
            "response_type": "code",
            "scope": "snsapi_login",
            "state": state,
        }
        return see_other(f"{PAGE_OF_WECHAT}?{urlencode(query)}#wechat_redirect")


class WechatBoundView(View):
    """`GET /account/wechat/?code=…&state=…`: where WeChat leads back to; the account page then tells what was done."""

    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it

    def get(self, request: HttpRequest) -> HttpResponse:
        visit = visit_of(request)
        if visit is None:
            return to_sign_in()
        problem = _bind(visit, request.session.pop(_KEY, None))
        if problem:
            messages.error(request, problem)
        else:
            messages.success(request, _("WeChat signs you in from now on."))
        return see_other(reverse("accounts:account"))


def _bind(visit: Visit, begun: Any) -> str:
    """Bind what WeChat says; "" or what stands against it, for the person."""
    code = visit.request.GET.get("code", "")
    state = visit.request.GET.get("state", "")
    if not begun or visit.now.timestamp() > begun["until"] or not constant_time_compare(state, begun["state"]):
        return _("That took too long, or was not begun here. Nothing was bound.")
    app = apps_to_bind(visit.user.tenant_id).filter(pk=begun["app"]).first()
    if app is None or not code:
        return _("Nothing was bound.")
    try:
        return _bind_code(visit, app, code)
    except WechatError as error:
        if error.trouble is Trouble.BUSY:
            return _("WeChat does not answer. Nothing was bound; please try again later.")
        return _("WeChat did not say who you are. Nothing was bound.")
    except CACHE_ERRORS:
        return _("The service is busy. Please try again later")


def _bind_code(visit: Visit, app: WechatApp, code: str) -> str:
    identity = prove_by_code(app, code)
    user, row = visit.user, SocialIdentity(tenant=visit.user.tenant, user=visit.user)
    person = look_up(user.tenant_id, user.account).person
    attempt = attempt_of(row, origin_of(visit.request), visit.now, reason=REASON)
    if person is None or not bind(identity, person, attempt):
        return _("This WeChat account is bound already.")
    return ""
