"""A provider for applications of others: a real server with one tenant and one person, and his browser."""

from collections.abc import Iterator

import pytest

from oauthx.signing import ensure_keys
from tests.browser.conftest import browser_thread
from tests.browser.driver import BrowserThread
from tests.clients.provider import PASSWORD, Provider
from tests.factories import make_tenant, make_user
from tests.processes import serving

__all__ = ["browser_thread"]


@pytest.fixture
def provider(transactional_db: None, browser_thread: BrowserThread) -> Iterator[Provider]:
    ensure_keys()
    tenant = make_tenant("acme", "Acme 制造")
    make_user(tenant, "zhang", PASSWORD, real_name="张三")
    # Applications are on loopback addresses here, and the provider calls them when a session ends.
    with serving(workers=1, OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8") as issuer:
        browser_thread.base_url = issuer
        yield Provider(issuer, tenant, browser_thread)
