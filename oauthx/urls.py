"""The addresses of all dialects, made from their data, and the keys."""

from django.urls import URLPattern, path

from oauthx.authorize.views import AuthorizeView, ChooseAccountView, ConsentView
from oauthx.connect.discovery import discovery
from oauthx.connect.introspection import IntrospectionView
from oauthx.connect.par import PushedRequestView
from oauthx.connect.revocation import RevocationView
from oauthx.connect.userinfo import UserinfoView
from oauthx.device.pages import DeviceDonePage, DevicePage
from oauthx.device.views import DeviceAuthorizationView
from oauthx.dialects import DIALECTS, Dialect
from oauthx.dialects.connect import CONNECT
from oauthx.logout.views import AnswerView, EndSessionView
from oauthx.resources import CaptchaView, LogoutView, UserInfoView, jwks
from oauthx.sms import SendValidateView, SmsCodeView
from oauthx.views import TokenView

app_name = "oauthx"


def _dialect_urls(dialect: Dialect) -> list[URLPattern]:
    urls = [path(dialect.token_path, TokenView.as_view(dialect=dialect), name=f"{dialect.name}-token")]
    if dialect.people_only:
        beside = {"captcha": CaptchaView, "user-info": UserInfoView, "logout": LogoutView}
        urls += [
            path(f"{dialect.prefix}/oauth/{name}", view.as_view(dialect=dialect), name=f"{dialect.name}-{name}")
            for name, view in beside.items()
        ]
        sms = SendValidateView.as_view(dialect=dialect)
        urls.append(path(f"{dialect.prefix}/oauth/sms/send-validate", sms, name=f"{dialect.name}-sms"))
    return urls


urlpatterns = [
    *(url for dialect in DIALECTS for url in _dialect_urls(dialect)),
    path("connect/authorize", AuthorizeView.as_view(), name="authorize"),
    path("connect/consent", ConsentView.as_view(), name="consent"),
    path("connect/account", ChooseAccountView.as_view(), name="choose-account"),
    path("connect/sms", SmsCodeView.as_view(), name="sms"),
    path("connect/captcha", CaptchaView.as_view(dialect=CONNECT), name="captcha"),
    path("connect/par", PushedRequestView.as_view(), name="par"),
    path("connect/deviceauthorization", DeviceAuthorizationView.as_view(), name="deviceauthorization"),
    path("connect/device", DevicePage.as_view(), name="device"),
    path("connect/device/done", DeviceDonePage.as_view(), name="device-done"),
    path("connect/endsession", EndSessionView.as_view(), name="end-session"),
    path("connect/endsession/answer", AnswerView.as_view(), name="end-session-answer"),
    path("connect/introspect", IntrospectionView.as_view(), name="introspect"),
    path("connect/revocation", RevocationView.as_view(), name="revocation"),
    path("connect/userinfo", UserinfoView.as_view(), name="userinfo"),
    path(".well-known/openid-configuration", discovery, name="discovery"),
    path(".well-known/oauth-authorization-server", discovery, name="server-metadata"),
    path(".well-known/openid-configuration/jwks", jwks, name="jwks"),
]
