"""What the cloud vendors' gateways have in common: a key, an approved template, an endpoint of the vendor's own.

It must not know any vendor, nor its library.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.base import read_parameters, scheme_of_endpoint, tells_code


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """An account with a cloud vendor, as a tenant has set it up; `parameters` fill the template, in the vendor's form.

    `app_id` is "" where the vendor has none.
    """

    key_id: str
    secret: str = field(repr=False)
    app_id: str
    sign_name: str
    template: str
    parameters: Any
    region: str
    endpoint: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud vendor.

    Attributes:
        domain: that of its endpoints. region, endpoint, parameters: where a tenant leaves them empty.
        form: that of the parameters, `dict` or `list`; `example` says so to whoever types them in.
    """

    domain: str
    region: str
    endpoint: str
    parameters: str
    form: type
    example: str | Promise

    def check(self, row: Any) -> Mapping[str, Any]:
        """The problems of a row of SmsGateway, by column."""
        problems: dict[str, Any] = {}
        try:
            parameters = self._parameters_of(row)
        except (ValueError, RecursionError):
            problems["template_parameters"] = self.example
        else:
            if not tells_code(lambda message: message.fill_all(parameters)):
                problems["template_parameters"] = _("It must contain {code}.")
        try:
            self._scheme_of(row)
        except ValueError:
            problems["endpoint"] = _("A host name that ends in .%(domain)s.") % {"domain": self.domain}
        return problems

    def read(self, row: Any) -> CloudAccount:
        """The account of a row that has no problems."""
        return CloudAccount(
            key_id=row.key_id,
            secret=row.secret.reveal(),
            app_id=row.app_id,
            sign_name=row.sign_name,
            template=row.template,
            parameters=self._parameters_of(row),
            region=row.region or self.region,
            endpoint=row.endpoint or self.endpoint,
            scheme=self._scheme_of(row),
        )

    def _parameters_of(self, row: Any) -> Any:
        return read_parameters(row.template_parameters, self.parameters, self.form)

    def _scheme_of(self, row: Any) -> str:
        return scheme_of_endpoint(row.endpoint or self.endpoint, self.domain)
