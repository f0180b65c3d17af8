"""The peer's one address."""

from django.urls import include, path

urlpatterns = [path("o/", include("oauth2_provider.urls"))]
