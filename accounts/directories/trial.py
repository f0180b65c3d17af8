"""Tries a directory's settings out, step by step, and says in plain words what is wrong and what to do about it."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from accounts.directories.access import access_to
from accounts.gateways.controllers import sign_in_limits
from accounts.gateways.directory import Session
from accounts.gateways.directory_route import (
    Budget,
    ControllerFailedError,
    DirectoryError,
    DirectorySetupError,
    Endpoint,
)
from accounts.gateways.lanes import GatewayBusyError, outside
from accounts.models import Directory
from tenants.console import Finding

Text = str | Promise

# So many controllers are tried: nobody waits longer than half a minute for the page.
_TRIED = 3
_STEPS: Mapping[str, Text] = {
    "name": _("its name leads to an address"),
    "tcp": _("its port answers"),
    "tls": _("its certificate is good"),
}
# What is wrong and what to do, by the reason and what the gateway says of it.
_ADVICE: Mapping[tuple[str, str], tuple[Text, Text]] = {
    ("directory_unreachable", "name"): (
        _("This server knows no host of this name."),
        _(
            "Compare the name with the controller's full computer name."
            " The operator looks at this server's name servers."
        ),
    ),
    ("directory_timed_out", "name"): (
        _("This server's name servers do not answer."),
        _("The operator looks at this server's name servers."),
    ),
    ("directory_address_forbidden", "name"): (
        _("The address is in a private network that this installation may not call."),
        _("The operator adds the network of the controllers to OUTBOUND_PRIVATE_NETWORKS, for example 10.1.2.0/24."),
    ),
    ("directory_unreachable", "tcp"): (
        _("Nothing listens on this port, or a firewall refuses."),
        _(
            "LDAPS listens on 636, and only once the controller has a certificate."
            " Otherwise look at the port and the firewall."
        ),
    ),
    ("directory_timed_out", "tcp"): (
        _("The port does not answer within 3 seconds."),
        _("A firewall drops the connection, or the controller is down."),
    ),
    ("directory_timed_out", "tls"): (
        _("The port answers, but starts no encryption within 3 seconds."),
        _("For ldaps:// it must be the port of LDAPS (636), for ldap:// the one of LDAP (389)."),
    ),
    ("directory_tls", "authority"): (
        _("The certificate was not signed by an authority that is trusted here."),
        _(
            "Paste the certificate of the authority that signed it, in PEM form"
            " (certutil -ca.cert on the authority's server)."
        ),
    ),
    ("directory_tls", "host"): (
        _("The certificate is for another host name."),
        _("Enter the host name that stands in the certificate (Subject Alternative Name), not an alias or an address."),
    ),
    ("directory_tls", "dates"): (
        _("The certificate has expired, or is not valid yet."),
        _("Renew the controller's certificate; otherwise compare the clocks."),
    ),
    ("directory_tls", "other"): (
        _("Encryption could not be agreed on."),
        _("The controller must have a certificate for server authentication and offer TLS 1.2 or newer."),
    ),
    ("directory_unwilling", ""): (
        _("The controller does not answer this for now."),
        _("Look at its event log. If it asks for stronger authentication, use ldaps://."),
    ),
    ("directory_service_account", "missing"): (
        _("The service account or its password is not set."),
        _("Enter both."),
    ),
    ("directory_service_account", "undecipherable"): (
        _("The stored password cannot be decrypted any more."),
        _("Enter it again, or let the operator add the old key to KEY_ENCRYPTION_KEYS."),
    ),
    ("directory_service_account", "52e"): (
        _("The directory knows no such account, or its password is another one."),
        _("Copy the DN from the account's attribute distinguishedName, and type the password in again."),
    ),
    ("directory_service_account", "532"): (_("Its password has expired."), _("Set a new one that never expires.")),
    ("directory_service_account", "773"): (
        _("Its password must be changed at the next logon."),
        _("Take the tick from *User must change password at next logon*."),
    ),
    ("directory_service_account", "533"): (_("It is disabled in the directory."), _("Enable it there.")),
    ("directory_service_account", "701"): (_("It has expired in the directory."), _("Prolong it there.")),
    ("directory_service_account", "775"): (
        _("It is locked in the directory, since its password was wrong too often."),
        _("Unlock it there, then type the right password in here."),
    ),
    ("directory_base", ""): (
        _("There is nothing of this name in the directory."),
        _("Copy the base DN from the attribute distinguishedName of the organisational unit or the domain."),
    ),
    ("directory_rights", ""): (
        _("The service account may not search there."),
        _("Let it read the organisational unit and what is below it."),
    ),
}


def try_directory(directory: Directory) -> list[Finding]:
    """Each step of a sign-in, for each controller as far as it goes, then for the first one that can be asked."""
    try:
        with outside(f"directory:{directory.tenant_id}"):
            return list(_try(directory))
    except GatewayBusyError:
        text = _("Others are waiting for this tenant's directories, or for those of other tenants, at this moment.")
        return [Finding(_("Test connection"), is_good=False, problem=text, advice=_("Try again in a moment."))]


def _try(directory: Directory) -> Iterator[Finding]:
    try:
        access = access_to(directory)
    except DirectorySetupError as error:
        yield _problem(_("Service account"), error)
        return
    asked = False
    for url in access.urls[:_TRIED]:
        # A controller that is slower than this would be passed over at a sign-in, too.
        session = Session(access, url, Budget(sign_in_limits()))
        host = Endpoint.of(url).host
        try:
            with session:
                yield from _way(host, "done")
                if not asked:
                    asked = yield from _ask(directory, session)
        except ControllerFailedError as error:
            yield from _way(host, session.route.step)
            yield _problem(_named(host, _STEPS[session.route.step]), error)
    for url in access.urls[_TRIED:]:
        yield Finding(Endpoint.of(url).host, is_good=True, problem=_("Not tried: there are several others."))
    if not directory.is_active:
        text = _("The directory is not active, so nobody can sign in with it.")
        yield Finding(_("In use"), is_good=False, problem=text, advice=_("Tick *active* and save."))


def _way(host: str, until: str) -> Iterator[Finding]:
    """The steps that were good, before this one."""
    for step, text in _STEPS.items():
        if step == until:
            return
        yield Finding(_named(host, text), is_good=True)


def _named(host: str, text: Text) -> str:
    return f"{host}: {text}"


def _ask(directory: Directory, session: Session) -> Generator[Finding, None, bool]:
    """What a controller answers; whether it answered, so that no other one need be asked."""
    step: Text = _("The service account may sign in")
    try:
        # Also if it was refused a moment ago: somebody may have mended it in the directory.
        session.bind_service_account(anew=True)
        yield Finding(step, is_good=True)
        step = _("The base DN is there")
        entry = session.find_anybody()
        yield Finding(step, is_good=True)
    except DirectoryError as error:
        yield _problem(step, error)
        return not isinstance(error, ControllerFailedError)
    step = _("People are found below it")
    if entry is None:
        text = _("There is nobody below the base DN, or the service account may not see them.")
        yield Finding(
            step, is_good=False, problem=text, advice=_("Compare the base DN with the unit that people are in.")
        )
        return True
    # Not what stands in them: the service account may read more of people than the administrator of a tenant.
    names = directory.person_attributes
    found = ", ".join(name for name in names if entry.read(name)) or "-"
    empty = ", ".join(name for name in names if not entry.read(name))
    yield Finding(
        step,
        is_good=True,
        problem=translated("For example %(person)s, with: %(attributes)s.")
        % {"person": entry.account, "attributes": found},
        advice=translated("Empty for this person: %(attributes)s.") % {"attributes": empty} if empty else "",
    )
    return True


def _problem(step: Text, error: DirectoryError) -> Finding:
    known: Any = _ADVICE.get((error.reason, error.detail)) or _ADVICE.get((error.reason, ""))
    if known is None:
        text = translated("The directory refuses (%(detail)s).") % {"detail": error.detail or error.reason}
        known = text, _("The sub-codes of Active Directory say what this means.")
    if error.reason in {"directory_unreachable", "directory_timed_out"} and error.detail == "answer":
        known = _("The controller fell silent, or answered nothing that is LDAP."), _("Look at its event log.")
    problem, advice = known
    return Finding(step, is_good=False, problem=problem, advice=advice)
