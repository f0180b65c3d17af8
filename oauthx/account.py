"""The account page's sections about applications: what the person allowed, and which are signed in as him.

They must not know dialects or tokens beyond whether any is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.account_sections import ENDED_AT_MOST, SHOWN_AT_MOST, Action, Visit, row_asked_for
from accounts.devices import device_of
from oauthx.choices import scope_texts
from oauthx.conf import conf
from oauthx.ending import end_family, withdraw_consent
from oauthx.models import AccessToken, Consent, RefreshToken, TokenFamily

ENDED = "account_page"


@dataclass(frozen=True, slots=True)
class _AllowedRow:
    key: int
    client: str
    scopes: list[str | Promise]
    since: datetime


class AllowedApplications:
    """What the person allowed each application. Withdrawing it ends what came of it, and the next time he is asked."""

    name = "allowed"
    title = _("Applications you allowed")
    template = "account/sections/allowed.html"

    @property
    def actions(self) -> Mapping[str, Action]:
        return {"withdraw": _withdraw}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        consents = Consent.objects.filter(user=visit.user).select_related("client").order_by("client__name", "pk")
        rows = [
            _AllowedRow(consent.pk, _name(consent.client), scope_texts(consent.scopes), consent.created_at)
            for consent in consents
        ]
        return {"rows": rows}


def _withdraw(visit: Visit) -> str:
    consent = row_asked_for(Consent.objects.filter(user=visit.user).select_related("client", "user__tenant"), visit)
    withdraw_consent(visit.request, consent, conf().clock())
    return gettext("%(client)s no longer has access to your account.") % {"client": _name(consent.client)}


@dataclass(frozen=True, slots=True)
class _SignedInRow:
    key: str
    client: str
    device: str
    address: str
    since: datetime


class SignedInApplications:
    """The applications that signing out of this person's browsers does not sign out: each has its own session."""

    name = "applications"
    title = _("Signed-in applications")
    template = "account/sections/applications.html"

    @property
    def actions(self) -> Mapping[str, Action]:
        return {"end": _end, "end-all": _end_all}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        families = _lasting_families(visit, conf().clock())[: SHOWN_AT_MOST + 1]
        rows = [
            _SignedInRow(
                key=str(family.pk),
                client=_name(family.client),
                device=device_of(family.user_agent),
                address=family.address or "",
                since=family.auth_time,
            )
            for family in families
        ]
        return {"rows": rows[:SHOWN_AT_MOST], "has_more": len(rows) > SHOWN_AT_MOST}


def _lasting_families(visit: Visit, now: datetime) -> QuerySet[TokenFamily]:
    """Those with a token that is still good, and with no browser session whose end would end them."""
    refresh_token = Exists(RefreshToken.objects.filter(token_family=OuterRef("pk"), revoked=None, expires__gt=now))
    access_token = Exists(AccessToken.objects.filter(token_family=OuterRef("pk"), expires__gt=now))
    browser_is_gone = Q(browser_session__ended_at__isnull=False) | Q(browser_session__expires_at__lte=now)
    on_its_own = Q(browser_session=None) | browser_is_gone | refresh_token
    families = TokenFamily.objects.filter(on_its_own, refresh_token | access_token, user=visit.user, ended_at=None)
    return families.select_related("client", "tenant", "user").order_by("-auth_time", "pk")


def _end(visit: Visit) -> str:
    rows = TokenFamily.objects.filter(user=visit.user).select_related("client", "tenant", "user")
    family = row_asked_for(rows, visit)
    end_family(visit.request, family, conf().clock(), reason=ENDED)
    return gettext("%(client)s is signed out.") % {"client": _name(family.client)}


def _end_all(visit: Visit) -> str:
    now = conf().clock()
    families = list(_lasting_families(visit, now)[: ENDED_AT_MOST + 1])
    number = sum(end_family(visit.request, family, now, reason=ENDED) for family in families[:ENDED_AT_MOST])
    if len(families) > ENDED_AT_MOST:
        return gettext("%d applications are signed out. There are more: press the button again.") % number
    return ngettext("%d application is signed out.", "%d applications are signed out.", number) % number


def _name(client: Any) -> str:
    return str(client.name or client.client_id)
