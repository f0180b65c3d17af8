"""The health endpoints name what is broken."""

from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client as HttpClient

from config import health


def test_healthz_answers_without_a_database(client: HttpClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_is_ready_when_every_part_is(client: HttpClient) -> None:
    assert client.get("/readyz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_names_a_cache_that_does_not_answer(client: HttpClient, settings: Any) -> None:
    settings.CACHES = {
        **settings.CACHES,
        "challenges": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        },
    }
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failing": ["cache"]}
    caches.close_all()


@pytest.mark.django_db
def test_readyz_names_migrations_that_are_not_applied(client: HttpClient) -> None:
    health._migrations_applied = False
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'oauthx'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failing"] == ["migrations"]
