"""Finds the directory that a name belongs to, and what it takes to ask it. It must not ask it."""

from cryptography.fernet import InvalidToken

from accounts.gateways.directory import Access
from accounts.gateways.directory_route import DirectorySetupError
from accounts.models import Directory
from accounts.verifiers import VerificationError
from tenants.models import Tenant


def find_directory(tenant: Tenant, username: str) -> tuple[Directory, str]:
    r"""The directory that is asked about this name, and the name without its domain.

    `DOMAIN\name` and `name@suffix` choose the directory that lists the domain; a name alone, the tenant's first one.

    Raises:
        VerificationError: directory_missing, directory_domain_unknown.
    """
    directories = list(Directory.objects.filter(tenant=tenant, is_active=True).order_by("position", "id"))
    if not directories:
        raise VerificationError("directory_missing")
    domain, name = _split(username)
    if not domain:
        return directories[0], name
    for directory in directories:
        if domain.lower() in directory.domain_names:
            return directory, name
    raise VerificationError("directory_domain_unknown")


def _split(username: str) -> tuple[str, str]:
    if "\\" in username:
        domain, _separator, name = username.partition("\\")
        # Of a name with nothing before its backslash, something was meant to stand there.
        return domain or "\\", name
    name, separator, suffix = username.rpartition("@")
    return (suffix or "@", name) if separator else ("", username)


def access_to(directory: Directory) -> Access:
    """What it takes to ask this directory.

    Raises:
        DirectorySetupError: the service account's password was encrypted with a key that is no more.
    """
    try:
        password = directory.service_password.reveal()
    except InvalidToken:
        raise DirectorySetupError("directory_service_account", "undecipherable") from None
    return Access(
        name=f"directory:{directory.pk}",
        lane=f"directory:{directory.tenant_id}",
        urls=directory.urls,
        base_dn=directory.base_dn,
        service_account=directory.service_account,
        service_password=password,
        ca_certificates=directory.ca_certificates.strip(),
        attributes=directory.person_attributes,
        refusal_seconds=directory.attempt_seconds,
    )
