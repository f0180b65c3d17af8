"""The addresses of the console that are not Django's own."""

from django.contrib import admin
from django.urls import path

from accounts.admin.mail import show_mail
from accounts.console_login import ConsoleLoginView

urlpatterns = [
    path("login/", ConsoleLoginView.as_view()),
    path("mail/", admin.site.admin_view(show_mail), name="console_mail"),
]
