"""The oracle's one address: the toolkit's stock view."""

from django.urls import path
from oauth2_provider.views.base import TokenView

urlpatterns = [path("oracle/token", TokenView.as_view())]
