"""The addresses of the people's own pages."""

from django.urls import path

from accounts.account_page import AccountActionView, AccountPageView
from accounts.views import SignInView
from accounts.wechat_binding import BindWechatView, WechatBoundView

app_name = "accounts"

urlpatterns = [
    path("", AccountPageView.as_view(), name="account"),
    path("login/", SignInView.as_view(), name="login"),
    path("wechat/", WechatBoundView.as_view(), name="wechat-bound"),
    path("wechat/<int:app>/", BindWechatView.as_view(), name="bind-wechat"),
    path("<slug:section>/<slug:action>/", AccountActionView.as_view(), name="action"),
]
