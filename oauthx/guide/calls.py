"""How a client calls an endpoint with one grant: each request as data, before any language writes it down.

What stands on the wire comes from the documents' own data (`dialects/`). It must not know pages or languages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oauthx.choices import DEVICE_CODE
from oauthx.combinations import chosen_dialects, chosen_grants
from oauthx.dialects import Dialect
from oauthx.dialects.base import Passwords
from oauthx.grants import Grant
from oauthx.issuing import PERSONAL_SCOPES
from oauthx.models import Client

Text = str | Promise

# Of RFC 7636 appendix B: to try it out; an application makes its own at random for each sign-in.
EXAMPLE_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
EXAMPLE_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Blank:
    """What whoever calls fills in; `prefix` stands before it, `is_digested`: its MD5 is sent.

    `initial` is what a form may begin with; what is shown of a secret one are dots. An optional one may be left out.
    """

    name: str
    label: Text
    is_secret: bool = False
    is_digested: bool = False
    prefix: str = ""
    initial: str = ""
    is_optional: bool = False


Value = str | Blank


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. `basic`: the client's id and this secret stand in the Basic header."""

    title: Text
    method: str
    address: str
    form: Mapping[str, Value] = field(default_factory=dict)
    headers: Mapping[str, Value] = field(default_factory=dict)
    basic: tuple[str, Value] | None = None
    is_for_tokens: bool = False

    def blanks(self) -> Iterator[Blank]:
        """What is to be filled in, each once, in order."""
        values = [*(self.basic or ()), *self.headers.values(), *self.form.values()]
        yield from {value.name: value for value in values if isinstance(value, Blank)}.values()


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a browser is sent."""

    title: Text
    address: str
    remark: Text


Step = Call | Visit

SECRET = Blank("CLIENT_SECRET", _("Client secret"), is_secret=True)
ASSERTION = Blank("CLIENT_ASSERTION", _("Signed assertion (private_key_jwt)"), is_secret=True)
TENANT = Blank("TENANT", _("Tenant code"))
ACCESS_TOKEN = Blank("ACCESS_TOKEN", _("Access token"), is_secret=True)
# By the canonical names of the grants' parameters.
_BLANKS = {
    "username": Blank("ACCOUNT", _("Account")),
    "password": Blank("PASSWORD", _("Password"), is_secret=True),
    "phone": Blank("PHONE", _("Phone number")),
    "sms": Blank("SMS_CODE", _("SMS code"), is_secret=True),
    "captcha_key": Blank("CAPTCHA_KEY", _("Key of the captcha")),
    "captcha_code": Blank("CAPTCHA_CODE", _("What the captcha shows")),
    "refresh_token": Blank("REFRESH_TOKEN", _("Refresh token"), is_secret=True),
    "code": Blank("CODE", _("Code"), is_secret=True),
    "redirect_uri": Blank("REDIRECT_URI", _("Redirect URI")),
    "code_verifier": Blank(
        "CODE_VERIFIER", _("Code verifier (PKCE)"), is_secret=True, initial=EXAMPLE_VERIFIER, is_optional=True
    ),
    "device_code": Blank("DEVICE_CODE", _("Device code"), is_secret=True),
}


def ways_of(client: Client) -> list[tuple[Dialect, Grant]]:
    """Each endpoint and grant by which this client can get tokens."""
    return [
        (dialect, grant)
        for dialect in chosen_dialects(client)
        for grant in chosen_grants(client)
        if dialect.speaks(grant) and (grant.personal or not client.is_public)
    ]


def steps_of(client: Client, dialect: Dialect, grant: Grant, issuer: str) -> list[Step]:
    """All requests of this way, in order: what comes before, the token request, and what one does with the token."""
    caller = _Caller(client, dialect, issuer)
    return [*caller.before(grant), caller.token_call(grant), *caller.after(grant)]


@dataclass(frozen=True, slots=True)
class _Caller:
    client: Client
    dialect: Dialect
    issuer: str

    def token_call(self, grant: Grant) -> Call:
        form: dict[str, Value] = {self._wire("grant_type"): grant.name, **self._parameters(grant)}
        if grant.is_login:
            form |= self._scope(grant)
        address = f"{self.issuer}/{self.dialect.token_path}"
        names_tenant = grant.personal and (self.dialect.names_tenant_always or not grant.knows_tenant)
        return self._as_client(_("Get a token"), address, form, is_for_tokens=True, names_tenant=names_tenant)

    def before(self, grant: Grant) -> Iterator[Step]:
        """What an application needs first: a captcha, an SMS code, a device code, a person in a browser."""
        names = {param.name for param in grant.params}
        beside = f"{self.issuer}/{self.dialect.prefix}"
        if "captcha_key" in names:
            yield Call(_("Get a captcha"), "GET", f"{beside}/oauth/captcha", headers=self._tenant_header())
        if "phone" in names:
            name = f"oauthx:{self.dialect.name}-sms" if self.dialect.people_only else "oauthx:sms"
            form: dict[str, Value] = {self._wire("phone"): _BLANKS["phone"]}
            yield self._as_client(_("Ask for an SMS code"), f"{self.issuer}{reverse(name)}", form)
        if "code_verifier" in names:
            yield self._visit()
        if grant.name == DEVICE_CODE:
            address = f"{self.issuer}{reverse('oauthx:deviceauthorization')}"
            yield self._as_client(_("Ask for a device code"), address, self._scope(grant))

    def after(self, grant: Grant) -> Iterator[Step]:
        """What one does with the token."""
        if grant.personal and self.dialect.people_only:
            address = f"{self.issuer}/{self.dialect.prefix}/oauth/user-info"
            token = Blank(ACCESS_TOKEN.name, ACCESS_TOKEN.label, is_secret=True, prefix="bearer ")
            yield Call(_("Ask whose token it is"), "GET", address, headers={"Blade-Auth": token})
        elif grant.personal and "openid" in self.client.scopes:
            token = Blank(ACCESS_TOKEN.name, ACCESS_TOKEN.label, is_secret=True, prefix="Bearer ")
            address = f"{self.issuer}{reverse('oauthx:userinfo')}"
            yield Call(_("Ask whose token it is"), "GET", address, headers={"Authorization": token})
        if self.client.is_resource_server and self.dialect.body_credentials:
            address = f"{self.issuer}{reverse('oauthx:introspect')}"
            form: dict[str, Value] = {self._wire("token"): ACCESS_TOKEN}
            yield self._as_client(_("Ask whether a token is good"), address, form, names_tenant=False)

    def _as_client(
        self,
        title: Text,
        address: str,
        form: Mapping[str, Value],
        *,
        is_for_tokens: bool = False,
        names_tenant: bool = True,
    ) -> Call:
        """A request in which the client proves itself in its own way."""
        client, secret = self.client, SECRET if self.client.has_secret else ""
        proof: dict[str, Value] = {}
        headers: dict[str, Value] = {}
        if names_tenant:
            headers = self._tenant_header()
            form = {**form, **self._tenant_field()}
        if self.dialect.body_credentials:
            proof[self._wire("client_id")] = client.client_id
            if client.has_secret:
                proof[self._wire("client_secret")] = SECRET
            elif not client.is_public:
                proof[self._wire("client_assertion_type")] = ASSERTION_TYPE
                proof[self._wire("client_assertion")] = ASSERTION
        basic = None if self.dialect.body_credentials else (client.client_id, secret)
        return Call(title, "POST", address, {**proof, **form}, headers, basic, is_for_tokens)

    def _parameters(self, grant: Grant) -> dict[str, Value]:
        names = [param.name for param in grant.params if param.required or param.name in {"code", "code_verifier"}]
        return {self._wire(name): self._blank(name) for name in names}

    def _blank(self, name: str) -> Value:
        if name == "redirect_uri" and self.client.redirect_uris.split():
            return str(self.client.redirect_uris.split()[0])
        blank = _BLANKS[name]
        if name == "password" and self.dialect.passwords is Passwords.MD5:
            return Blank(blank.name, blank.label, is_secret=True, is_digested=True)
        return blank

    def _scope(self, grant: Grant) -> dict[str, Value]:
        scopes = [name for name in self.client.scopes if grant.personal or name not in PERSONAL_SCOPES]
        return {self._wire("scope"): " ".join(scopes)} if scopes else {}

    def _tenant_header(self) -> dict[str, Value]:
        names = [header.title() for header, name in self.dialect.headers.items() if name == "tenant"]
        return dict.fromkeys(names[-1:], self.client.tenant.code if self.client.tenant else TENANT)

    def _tenant_field(self) -> dict[str, Value]:
        """On /connect a shared client names the tenant in `acr_values`; a bound one need not."""
        if "acr_values" not in self.dialect.parameters or self.client.tenant is not None:
            return {}
        return {"acr_values": Blank(TENANT.name, TENANT.label, prefix="tenant:")}

    def _visit(self) -> Visit:
        query = {
            "client_id": self.client.client_id,
            "redirect_uri": (self.client.redirect_uris.split() or [""])[0],
            "response_type": "code",
            "scope": " ".join(self.client.scopes),
            "state": "some-random-text",
            "code_challenge": EXAMPLE_CHALLENGE,
            "code_challenge_method": "S256",
        }
        query = {name: value for name, value in query.items() if value}
        if self.client.tenant is None:
            query["acr_values"] = "tenant:CODE"
        remark = _(
            "The browser comes back to the redirect URI with a code that works once, for a minute. Challenge and"
            " verifier here are the example of RFC 7636, for trying it out: an application makes its own at random"
            " for each sign-in, and so does its library."
        )
        address = f"{self.issuer}{reverse('oauthx:authorize')}?{urlencode(query)}"
        return Visit(_("Send the browser here"), address, remark)

    def _wire(self, canonical: str) -> str:
        return next(wire for wire, name in self.dialect.parameters.items() if name == canonical)
