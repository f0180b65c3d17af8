"""The page of the departments' tree, where a tree is deep and all of it is open."""

import pytest
from django.test import Client as HttpClient

from accounts.models import Dept
from tests.factories import make_administrator, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_deep_tree_opens() -> None:
    tenant, above, keys = make_tenant(), None, []
    for number in range(99):
        above = Dept.objects.create(tenant=tenant, name=f"d{number}", parent=above)
        keys.append(str(above.pk))
    browser = HttpClient(raise_request_exception=False)
    browser.force_login(make_administrator(tenant))
    assert browser.get("/admin/accounts/dept/tree/", {"open": ".".join(keys)}).status_code == 200
