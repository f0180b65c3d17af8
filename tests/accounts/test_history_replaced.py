"""SQLite's `REPLACE` deletes the row in its way, and fires no trigger for that unless it is told to."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import LoginEvent
from tenants.models import Change

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MOMENT = "2026-05-01T12:00Z"


def test_an_event_is_not_replaced() -> None:
    LoginEvent.objects.create(time=MOMENT, kind="unlock", outcome="allowed", account="worker")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE forged AS SELECT * FROM accounts_loginevent")
        cursor.execute("UPDATE forged SET account = 'nobody'")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("INSERT OR REPLACE INTO accounts_loginevent SELECT * FROM forged")
    assert LoginEvent.objects.get().account == "worker"


def test_a_change_is_not_replaced() -> None:
    Change.objects.create(time=MOMENT, action="update", kind="accounts.user", object_id="1", actor_account="worker")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE forged AS SELECT * FROM tenants_change")
        cursor.execute("UPDATE forged SET actor_account = 'nobody'")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("INSERT OR REPLACE INTO tenants_change SELECT * FROM forged")
    assert Change.objects.get().actor_account == "worker"
