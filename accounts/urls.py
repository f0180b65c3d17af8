"""The addresses of the people's own pages."""

from django.urls import path

from accounts.account_page import AccountActionView, AccountPageView
from accounts.factor_pages import (
    AuthenticatorView,
    PasskeyView,
    RecoveryCodesView,
    RemoveFactorView,
    SecondFactorPage,
)
from accounts.forgotten_pages import ForgottenCodeView, ForgottenView
from accounts.password_pages import ChangePasswordView, ConfirmView
from accounts.step_pages import EnrolmentView, GoOnView, NewPasswordView, SecondFactorView
from accounts.views import SignInView
from accounts.wechat_binding import BindWechatView, WechatBoundView

app_name = "accounts"

urlpatterns = [
    path("", AccountPageView.as_view(), name="account"),
    path("login/", SignInView.as_view(), name="login"),
    path("wechat/", WechatBoundView.as_view(), name="wechat-bound"),
    path("wechat/<int:app>/", BindWechatView.as_view(), name="bind-wechat"),
    path("login/second-factor/", SecondFactorView.as_view(), name="login-factor"),
    path("login/enrolment/", EnrolmentView.as_view(), name="login-enrolment"),
    path("login/password/", NewPasswordView.as_view(), name="login-password"),
    path("login/go-on/", GoOnView.as_view(), name="login-go-on"),
    path("forgotten/", ForgottenView.as_view(), name="forgotten"),
    path("forgotten/code/", ForgottenCodeView.as_view(), name="forgotten-code"),
    path("confirm/", ConfirmView.as_view(), name="confirm"),
    path("password/", ChangePasswordView.as_view(), name="password"),
    path("second-factor/", SecondFactorPage.as_view(), name="second-factor"),
    path("second-factor/authenticator/", AuthenticatorView.as_view(), name="authenticator"),
    path("second-factor/passkey/", PasskeyView.as_view(), name="passkey"),
    path("second-factor/recovery-codes/", RecoveryCodesView.as_view(), name="recovery-codes"),
    path("second-factor/remove/", RemoveFactorView.as_view(), name="remove-factor"),
    path("<slug:section>/<slug:action>/", AccountActionView.as_view(), name="action"),
]
