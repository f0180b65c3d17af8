"""Imports and exports of clients. A secret is hashed at once, and never written. It must not know pages."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.transfer.organisation import id_column, tenant_column
from accounts.hashers import ChosenSecretHasher, GeneratedSecretHasher
from oauthx.admin.client_forms import CLIENT_ID
from oauthx.models import Client
from tenants.console.transfer.columns import (
    ChoiceCell,
    Column,
    JSONCell,
    NamesCell,
    NumberCell,
    SwitchCell,
    is_plain,
    shortened,
    split_names,
)
from tenants.console.transfer.entries import Entry, Hashed, Task
from tenants.console.transfer.ids import portions
from tenants.console.transfer.resource import ScopedResource
from tenants.models import Tenant

_NO_LOGIN = {"client_credentials", "refresh_token"}
# Changing how a client proves itself makes or ends a secret, which is shown on its page.
_BY_HAND = ("client_type", "authenticates_by")


class ClientResource(ScopedResource):
    """Clients of a tenant, or shared ones. WeChat, and who may vouch, is settled by hand."""

    model: ClassVar[Any] = Client
    key: ClassVar[str] = "client_id"
    platform_columns: ClassVar[Sequence[str]] = ("tenant", "served_tenants")
    with_rows: ClassVar[Sequence[str]] = ("tenant", "served_tenants")
    not_validated: ClassVar[Sequence[str]] = ("tenant", "wechat_app", "client_secret", "user")
    stored_with: ClassVar[Mapping[str, Sequence[str]]] = {
        "secret": ("client_secret", "previous_client_secret", "previous_secret_expires_at"),
    }

    id = id_column()
    tenant = tenant_column()
    client_id = Column("client_id", gettext_lazy("Client ID"))
    name = Column("name", gettext_lazy("name"), also=("client_name",))
    secret = Column(
        "secret", gettext_lazy("Secret to take over"), also=("client_secret",), aside=True, exports=False,
        help_text=gettext_lazy("Empty: the one that is there; a new client gets one that is shown once."),
    )  # fmt: skip
    client_type = Column("client_type", gettext_lazy("client type"), ChoiceCell(Client.CLIENT_TYPES))
    is_active = Column("is_active", gettext_lazy("active"), SwitchCell())
    served_tenants = Column(
        "served_tenants", gettext_lazy("tenants it may serve"), NamesCell(), aside=True,
        shows=lambda client: [tenant.code for tenant in client.served_tenants.all()],
        help_text=gettext_lazy("Of a shared client: the tenants' codes, separated by commas."),
    )  # fmt: skip
    dialects = Column("dialects", gettext_lazy("Endpoints"), NamesCell(spaces=True))
    grant_types = Column(
        "grant_types", gettext_lazy("Grant types"), NamesCell(spaces=True), also=("authorized_grant_types",)
    )
    scopes = Column("scopes", gettext_lazy("Scopes"), NamesCell(spaces=True), also=("scope",))
    is_resource_server = Column("is_resource_server", gettext_lazy("resource server"), SwitchCell())
    redirect_uris = Column(
        "redirect_uris", gettext_lazy("Redirect URIs"), NamesCell(lines=True), also=("web_server_redirect_uri",)
    )
    post_logout_redirect_uris = Column(
        "post_logout_redirect_uris", gettext_lazy("Redirect URIs after logout"), NamesCell(lines=True)
    )
    allowed_origins = Column("allowed_origins", gettext_lazy("Allowed origins"), NamesCell(lines=True))
    requires_pkce = Column("requires_pkce", gettext_lazy("requires PKCE"), SwitchCell())
    requires_pushed_requests = Column(
        "requires_pushed_requests", gettext_lazy("requires pushed requests"), SwitchCell()
    )
    skip_authorization = Column(
        "skip_authorization", gettext_lazy("skip authorization"), SwitchCell(), also=("autoapprove",)
    )
    access_token_lifetime_seconds = Column(
        "access_token_lifetime_seconds", gettext_lazy("access token lifetime in seconds"), NumberCell(),
        also=("access_token_validity",),
    )  # fmt: skip
    refresh_token_lifetime_seconds = Column(
        "refresh_token_lifetime_seconds", gettext_lazy("refresh token lifetime in seconds"), NumberCell(),
        also=("refresh_token_validity",),
    )  # fmt: skip
    refresh_reuse_seconds = Column(
        "refresh_reuse_seconds", gettext_lazy("refresh token reuse in seconds"), NumberCell()
    )
    access_token_format = Column(
        "access_token_format", gettext_lazy("access token format"), ChoiceCell([("jwt", "JWT"), ("opaque", "opaque")])
    )
    algorithm = Column("algorithm", gettext_lazy("signing algorithm"))
    userinfo_algorithm = Column("userinfo_algorithm", gettext_lazy("userinfo signed with"))
    authenticates_by = Column(
        "authenticates_by", gettext_lazy("authenticates by"),
        ChoiceCell([("secret", "secret"), ("private_key_jwt", "private_key_jwt")]),
    )  # fmt: skip
    jwks = Column("jwks", gettext_lazy("key set"), JSONCell())
    jwks_uri = Column("jwks_uri", gettext_lazy("address of the key set"))
    frontchannel_logout_uri = Column("frontchannel_logout_uri", gettext_lazy("front-channel logout address"))
    backchannel_logout_uri = Column("backchannel_logout_uri", gettext_lazy("back-channel logout address"))

    # --- Checking -----------------------------------------------------------------------------------------------------

    def preload(self, entries: Sequence[Entry]) -> None:
        super().preload(entries)
        cells = [text for entry in entries if is_plain(text := entry.cells.get("served_tenants", ""))]
        codes = {code for text in cells for code in split_names(text)}
        found = (tenant for some in portions(sorted(codes)) for tenant in Tenant.objects.filter(code__in=some))
        self._tenants = {tenant.code: tenant for tenant in found}

    def refuse_change(self, instance: Any) -> None:
        # Whoever has its secret in hand answers for its word, which is settled there.
        if instance.vouches_for_wechat:
            raise ValidationError(_("This client vouches for WeChat identities: change it on its own page."))

    def check_together(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            client: Client = entry.instance
            if entry.is_new:
                self._check_new(entry)
            else:
                for name in {"client_id", *_BY_HAND} & set(entry.changed):
                    entry.refuse(name, _("Change this by hand, on the client's page, or leave it as it is."))
            for name in ("dialects", "grant_types"):
                if not getattr(client, name):
                    entry.refuse(name, _("This cannot be empty."))
            if entry.aside.get("secret"):
                entry.changed.append("secret")
                self._check_secret(entry)
            self._check_tenants(entry)

    def _check_new(self, entry: Entry) -> None:
        try:
            CLIENT_ID(entry.instance.client_id)
        except ValidationError as error:
            entry.refuse("client_id", error.messages[0])

    def _check_secret(self, entry: Entry) -> None:
        if entry.instance.is_public:
            entry.refuse("secret", _("A public client has no secret."))
        elif not entry.instance.has_secret:
            entry.refuse("secret", _("A client that proves itself by a key has no secret."))
        elif len(entry.aside["secret"]) > 255:  # noqa: PLR2004 - what a request may carry
            entry.refuse("secret", _("A secret has 255 characters at most."))

    def _check_tenants(self, entry: Entry) -> None:
        client: Client = entry.instance
        if "served_tenants" not in entry.aside:
            if entry.is_new and client.tenant is None and set(client.grant_types) - _NO_LOGIN:
                entry.refuse("served_tenants", _("A shared client needs the tenants that it may serve."))
            return
        codes = entry.aside["served_tenants"]
        unknown = [code for code in codes if code not in self._tenants]
        if unknown:
            entry.refuse("served_tenants", _("There is no tenant with this code: %s") % shortened(", ".join(unknown)))
        elif client.tenant is not None and codes:
            entry.refuse("served_tenants", _("A client that is bound to a tenant serves that one alone."))
        elif client.tenant is None and not codes and set(client.grant_types) - _NO_LOGIN:
            entry.refuse("served_tenants", _("A shared client needs the tenants that it may serve."))
        held = [] if entry.is_new else [tenant.code for tenant in client.served_tenants.all()]
        entry.before["served_tenants"] = held
        if sorted(codes) != sorted(held):
            entry.changed.append("served_tenants")

    # --- Secrets ------------------------------------------------------------------------------------------------------

    def tasks(self, entries: Sequence[Entry]) -> list[Task]:
        return [
            Task(entry.line, entry.aside.get("secret") or "", "" if entry.is_new else entry.instance.client_secret)
            for entry in entries
            if entry.aside.get("secret") or (entry.is_new and entry.instance.has_secret)
        ]

    def carry_out(self, task: Task) -> Hashed:
        """Hash a chosen secret slowly, or make one of 256 bits, for which a quick hash will do."""
        if not task.value:
            secret = GeneratedSecretHasher.generate()
            return Hashed(make_password(secret, hasher=GeneratedSecretHasher.algorithm), secret)
        if task.current and check_password(task.value, task.current):
            return Hashed("")
        return Hashed(make_password(task.value, hasher=ChosenSecretHasher.algorithm))

    # --- Storing ------------------------------------------------------------------------------------------------------

    def save_entries(self, entries: Sequence[Entry], hashed: Mapping[int, Hashed]) -> None:
        for entry in entries:
            _set_secret(entry, hashed.get(entry.line))
        kept = [entry for entry in entries if entry.is_new or entry.changed]
        super().save_entries(kept, hashed)
        for entry in kept:
            if "served_tenants" in entry.changed:
                entry.instance.served_tenants.set([self._tenants[code] for code in entry.aside["served_tenants"]])


def _set_secret(entry: Entry, hashed: Hashed | None) -> None:
    client: Client = entry.instance
    if hashed is not None and hashed.encoded:
        client.client_secret = hashed.encoded
        client.previous_client_secret, client.previous_secret_expires_at = "", None
        return
    if "secret" in entry.changed:
        entry.changed.remove("secret")
    if entry.is_new:
        # Of one that has none, nobody ever knows it: an empty secret would be one that can be sent.
        client.set_generated_secret()
