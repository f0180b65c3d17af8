"""The addresses of the console that are not Django's own."""

from django.urls import path

from accounts.console_login import ConsoleLoginView

urlpatterns = [path("", ConsoleLoginView.as_view())]
