"""Writes down which applications have to be told of a session's end. It must not know how they are (`delivery.py`)."""

from typing import Any

from django.db import transaction

from accounts.models import BrowserSession
from oauthx.conf import conf
from oauthx.logout.delivery import deliver_in_background
from oauthx.models import LogoutNotice, TokenFamily


def write_notices(session: BrowserSession, **_signal: Any) -> None:
    """One notice for each application that this session was used for and that wants to hear of its end.

    It stands in the transaction of the end, so it is neither lost nor sent too early. An application whose tokens had
    ended before is told too: its own session with the person may go on. It hears of nothing but its own `sub` and
    `sid`, under the issuer that it got its tokens from (OpenID Connect Back-Channel Logout sections 2.3 and 2.5).
    """
    used = TokenFamily.objects.filter(browser_session=session, client__is_active=True)
    used = used.exclude(client__backchannel_logout_uri="").order_by()
    now = conf().clock()
    notices = [
        LogoutNotice(
            client_id=client_id, sid=session.pk, subject=str(session.user_id), issuer=issuer, next_attempt_at=now
        )
        for client_id, issuer in used.values_list("client", "issuer").distinct()
    ]
    if notices:
        LogoutNotice.objects.bulk_create(notices)
        transaction.on_commit(deliver_in_background, robust=True)
