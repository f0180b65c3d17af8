"""Why a sign-in by Active Directory was refused, or the directory gave no answer."""

from django.utils.translation import gettext_lazy as _

from accounts.explanations import Meanings
from oauthx.admin.meanings.advice import AGAIN, DIRECTORY_PERSON, TEST_DIRECTORY

MEANINGS: Meanings = {
    "directory_missing": (
        _("The tenant has no active directory."),
        _("Set one up under Directories, or take the grant type from the client."),
    ),
    "directory_domain_unknown": (
        _("The account names a domain that no directory of the tenant lists."),
        _("Add the domain on the directory's page, if it belongs to it."),
    ),
    "password_empty": (_("The password was empty; directories take that for no proof at all."), AGAIN),
    "bad_password": (
        _("The directory says that the password is wrong."),
        _("Let the person try again, or change his password in the directory. In numbers somebody is guessing."),
    ),
    "logon_hours": (_("The directory does not let this person sign in at this hour."), DIRECTORY_PERSON),
    "workstation": (_("The directory lets this person sign in at certain workstations alone."), DIRECTORY_PERSON),
    "password_expired": (
        _("The person's password in the directory has expired."),
        _("Let the person change it where he signs in to Windows."),
    ),
    "must_change": (
        _("The directory wants a new password from this person first."),
        _("Let the person change it where he signs in to Windows."),
    ),
    "disabled": (_("The person's account in the directory is disabled."), DIRECTORY_PERSON),
    "account_expired": (_("The person's account in the directory has expired."), DIRECTORY_PERSON),
    "locked": (_("The person's account in the directory is locked."), DIRECTORY_PERSON),
    "directory_denied": (
        _("The directory refused with the sub-code “%(code)s”, which has no name here."),
        _("Look the sub-code up among those of Active Directory."),
    ),
    "directory_attempts_exhausted": (
        _("Too many wrong passwords came for this account: the directory was not asked, so that it does not lock it."),
        _("Wait until that ends by itself, or lift it under Lockouts."),
    ),
    "directory_user_unknown": (
        _(
            "The directory knows the person, but he was not brought here, and people are not made at their first "
            "sign-in."
        ),
        _("Synchronise on the directory's page."),
    ),
    "account_limit_reached": (
        _("The tenant has as many accounts as it may have."),
        _("Raise the tenant's account limit, or delete users."),
    ),
    "directory_unreachable": (_("No domain controller could be reached."), TEST_DIRECTORY),
    "directory_timed_out": (_("No domain controller answered in time."), TEST_DIRECTORY),
    "directory_tls": (_("A domain controller's certificate was refused."), TEST_DIRECTORY),
    "directory_address_forbidden": (
        _("The directory stands in a network that this installation may not call."),
        _("Name the network in OUTBOUND_PRIVATE_NETWORKS."),
    ),
    "directory_unwilling": (
        _("The domain controller says that it will not, or not now."),
        _("Look into the domain controller's event log."),
    ),
    "directory_busy": (
        _("Two sign-ins of this tenant were waiting for its directory already."),
        _("Nothing. If it goes on, the directory is slow."),
    ),
    "directory_service_account": (_("The directory's service account is refused, or not set."), TEST_DIRECTORY),
    "directory_base": (_("The directory has no such base DN."), _("Copy the base DN again from the directory.")),
    "directory_rights": (
        _("The service account may not search in the directory's base."),
        _("Let the service account read that unit."),
    ),
}
