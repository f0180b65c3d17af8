"""The account page's section "Bound identities": who one is elsewhere. It must not know how that is proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.account_sections import SHOWN_AT_MOST, Action, Visit, row_asked_for
from accounts.identities import attempt_of, unbind
from accounts.models import SocialIdentity, WechatApp
from accounts.origin import origin_of
from accounts.verifiers.wechat import apps_to_bind

REASON = "account_page"
_WECHAT = SocialIdentity.Provider.WECHAT


@dataclass(frozen=True, slots=True)
class _Row:
    key: int
    provider: str
    app: str
    since: datetime
    used_at: datetime | None
    may_be_unbound: bool


class BoundIdentities:
    """Each identity that is bound to the person. Those of a directory stay: his organisation would bind them anew."""

    name = "identities"
    title = _("Bound identities")
    template = "account/sections/identities.html"

    @property
    def actions(self) -> Mapping[str, Action]:
        return {"unbind": _unbind}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        rows = SocialIdentity.objects.filter(user=visit.user).order_by("-created_at", "-id")[: SHOWN_AT_MOST + 1]
        apps = WechatApp.objects.filter(
            tenant_id=visit.user.tenant_id, app_id__in=[row.app for row in rows if row.provider == _WECHAT]
        )
        names = dict(apps.values_list("app_id", "name"))
        shown = [
            _Row(
                key=row.pk,
                provider=row.get_provider_display(),
                app=names.get(row.app, "") if row.provider == _WECHAT else "",
                since=row.created_at,
                used_at=row.used_at,
                may_be_unbound=row.provider == _WECHAT,
            )
            for row in rows
        ]
        offered = apps_to_bind(visit.user.tenant_id)
        return {"rows": shown[:SHOWN_AT_MOST], "has_more": len(shown) > SHOWN_AT_MOST, "offered": offered}


def _unbind(visit: Visit) -> str:
    """What was done.

    Raises:
        Http404: it is none of the person's own, or gone already.
    """
    own = SocialIdentity.objects.filter(user=visit.user, provider=_WECHAT).select_related("user", "tenant")
    row = row_asked_for(own, visit)
    if not unbind(row, attempt_of(row, origin_of(visit.request), visit.now, reason=REASON)):
        raise Http404
    if row.unionid:
        # With it went those of the same WeChat account.
        return gettext("WeChat no longer signs you in with this app, nor with others of its owner.")
    return gettext("WeChat no longer signs you in with this app.")
