"""The addresses of the people's own pages."""

from django.urls import path

from accounts.account_page import AccountActionView, AccountPageView
from accounts.views import SignInView

app_name = "accounts"

urlpatterns = [
    path("", AccountPageView.as_view(), name="account"),
    path("login/", SignInView.as_view(), name="login"),
    path("<slug:section>/<slug:action>/", AccountActionView.as_view(), name="action"),
]
