"""Which pages of applications a browser opens at its logout (OpenID Connect Front-Channel Logout section 3)."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from accounts.models import BrowserSession
from oauthx.addresses import with_query
from oauthx.models import TokenFamily

# Origins stand in the page's policy: nothing may end the directive there.
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Frame:
    """An application's page: its address with `iss` and `sid`, and its origin for the policy of ours."""

    address: str
    origin: str


def frames_of(session: BrowserSession) -> list[Frame]:
    """The pages of all active applications that this browser session was used for and that have one.

    Those whose tokens ended before are among them: their own session with the person may go on.
    """
    used = TokenFamily.objects.filter(browser_session=session, client__is_active=True)
    used = used.exclude(client__frontchannel_logout_uri="").order_by()
    pages = used.values_list("client__frontchannel_logout_uri", "issuer").distinct()
    frames = [_frame(uri, {"iss": issuer, "sid": str(session.pk)}) for uri, issuer in sorted(pages)]
    return [frame for frame in frames if frame is not None]


def _frame(uri: str, parameters: dict[str, str]) -> Frame | None:
    """None for an address that cannot stand in a frame, if it came in past the console's check."""
    try:
        address = urlsplit(uri)
    except ValueError:
        return None
    origin = f"{address.scheme}://{address.netloc}"
    if not _ORIGIN.fullmatch(origin):
        return None
    return Frame(with_query(uri, parameters), origin)
