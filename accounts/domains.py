"""Finds the tenant whose sign-in page the addressed host is. It must not know which page is asked for."""

from django.http import HttpRequest
from django.http.request import split_domain_port

from tenants import registry
from tenants.models import Tenant


def tenant_of_domain(request: HttpRequest) -> Tenant | None:
    """The tenant whose `domain` this request was sent to, usable or not; None where the host is nobody's."""
    registry.refresh()
    domain, _port = split_domain_port(request.get_host())
    if not domain:
        return None
    # Which hosts there are, ALLOWED_HOSTS limits; unknown ones are not remembered all the same.
    return registry.cached_if_found(("tenant-domain", domain), lambda: Tenant.objects.filter(domain=domain).first())
