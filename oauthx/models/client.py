"""A client: an application that asks for tokens. It must not know how it is authenticated."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication, ApplicationManager
from oauth2_provider.validators import AllowedURIValidator

from accounts.hashers import GeneratedSecretHasher
from oauthx.choices import dialect_choices, grant_choices, scope_choices
from tenants import registry
from tenants.models import Tenant


class Client(AbstractApplication):
    """django-oauth-toolkit's application, with a tenant, dialects, many grant types and its own lifetimes.

    Bound to one tenant (`tenant`), or shared by those that it may serve (`served_tenants`).
    """

    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="clients",
        verbose_name=_("tenant"),
        help_text=_("Bound to this tenant. Empty: shared by the tenants that it may serve."),
    )
    served_tenants = models.ManyToManyField(
        Tenant,
        blank=True,
        related_name="shared_clients",
        verbose_name=_("tenants it may serve"),
        help_text=_("For a shared client only."),
    )
    dialects = models.JSONField(_("dialects"), default=list, help_text=_("The endpoints that it may use."))
    grant_types = models.JSONField(_("grant types"), default=list)
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    access_token_lifetime_seconds = models.PositiveIntegerField(
        _("access token lifetime in seconds"), default=3600, validators=[MinValueValidator(1)]
    )
    refresh_token_lifetime_seconds = models.PositiveIntegerField(
        _("refresh token lifetime in seconds"), default=2_592_000, validators=[MinValueValidator(1)]
    )
    refresh_reuse_seconds = models.PositiveIntegerField(
        _("refresh token reuse in seconds"),
        default=0,
        help_text=_("For so long a used refresh token still gets a new pair, for apps with two tabs. 0: never."),
    )
    requires_pkce = models.BooleanField(
        _("requires PKCE"),
        default=True,
        help_text=_("For the authorization code (RFC 7636). A public client always needs it."),
    )
    is_resource_server = models.BooleanField(
        _("resource server"),
        default=False,
        help_text=_("May ask about every token of its tenant (introspection), not only its own."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    previous_client_secret = models.CharField(max_length=255, blank=True, editable=False)
    previous_secret_expires_at = models.DateTimeField(_("previous secret valid until"), null=True, editable=False)
    # django-oauth-toolkit's single grant type: its column stays, `grant_types` decides.
    authorization_grant_type = models.CharField(
        max_length=44,
        choices=AbstractApplication.GRANT_TYPES,
        default=AbstractApplication.GRANT_AUTHORIZATION_CODE,
        editable=False,
    )
    client_type = models.CharField(
        _("client type"),
        max_length=32,
        choices=AbstractApplication.CLIENT_TYPES,
        default=AbstractApplication.CLIENT_CONFIDENTIAL,
    )
    algorithm = models.CharField(
        _("ID token algorithm"),
        max_length=5,
        choices=[("", _("No OpenID Connect")), ("RS256", "RS256")],
        default="RS256",
        blank=True,
    )

    objects = ApplicationManager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering: ClassVar = ["client_id"]

    def natural_key(self) -> tuple[str]:
        return (self.client_id,)

    def set_generated_secret(self) -> str:
        """Give it a new secret of 256 bits and return it: this once, since only its hash is kept."""
        secret = GeneratedSecretHasher.generate()
        self.client_secret = make_password(secret, hasher=GeneratedSecretHasher.algorithm)
        return secret

    def rotate_secret(self, *, previous_until: datetime) -> str:
        """Like `set_generated_secret`, while the old secret goes on working until then."""
        self.previous_client_secret, self.previous_secret_expires_at = self.client_secret, previous_until
        return self.set_generated_secret()

    def secret_hashes(self, now: datetime) -> list[str]:
        """The hashes of the secrets that are good at that moment."""
        hashes = [self.client_secret]
        if self.previous_secret_expires_at is not None and now < self.previous_secret_expires_at:
            hashes.append(self.previous_client_secret)
        return [encoded for encoded in hashes if encoded]

    def served_tenant_ids(self) -> frozenset[int]:
        """The tenants that a shared client may serve, from this process's memory; a bound one needs none."""
        if self.tenant_id is not None:
            return frozenset()
        return registry.cached(
            ("served-tenants", self.pk), lambda: frozenset(self.served_tenants.values_list("pk", flat=True))
        )

    @property
    def is_public(self) -> bool:
        return bool(self.client_type == AbstractApplication.CLIENT_PUBLIC)

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether it may use one of these; django-oauth-toolkit spells some of them with a hyphen."""
        return any(name.replace("-", "_") in self.grant_types or name in self.grant_types for name in grant_types)

    def is_usable(self, _request: Any = None) -> bool:
        return bool(self.is_active)

    def get_absolute_url(self) -> str:
        return reverse("admin:oauthx_client_change", args=[self.pk])

    def clean(self) -> None:
        """Refuse combinations that cannot work, each error at its field.

        django-oauth-toolkit's own `clean` knows one grant type and one key in the settings; this replaces it.
        """
        errors: dict[str, list[ValidationError]] = {}
        choices = (("dialects", dialect_choices()), ("grant_types", grant_choices()), ("scopes", scope_choices()))
        for name, allowed in choices:
            errors.setdefault(name, []).extend(_unknown_choices(getattr(self, name), {key for key, _label in allowed}))
        if "authorization_code" in self.grant_types and not self.redirect_uris.split():
            errors.setdefault("redirect_uris", []).append(
                ValidationError(_("The authorization code grant needs a redirect URI."))
            )
        if "openid" in self.scopes and not self.algorithm:
            errors.setdefault("algorithm", []).append(ValidationError(_("The scope openid needs a signing algorithm.")))
        if "client_credentials" in self.grant_types and self.is_public:
            errors.setdefault("client_type", []).append(
                ValidationError(_("Client credentials need a confidential client."))
            )
        if self.is_resource_server and (self.is_public or self.tenant_id is None):
            errors.setdefault("is_resource_server", []).append(
                ValidationError(_("A resource server is a confidential client that is bound to a tenant."))
            )
        for name in ("redirect_uris", "post_logout_redirect_uris"):
            errors.setdefault(name, []).extend(_bad_uris(getattr(self, name), name))
        errors = {name: problems for name, problems in errors.items() if problems}
        if errors:
            raise ValidationError(errors)


def _unknown_choices(values: Any, allowed: set[str]) -> list[ValidationError]:
    if not isinstance(values, list):
        return [ValidationError(_("A list is expected."))]
    return [
        ValidationError(_("Unknown value: %(value)s"), params={"value": value})
        for value in values
        if value not in allowed
    ]


def _bad_uris(text: str, name: str) -> list[ValidationError]:
    """What is wrong with these redirect URIs; plain http is for loopback addresses alone (RFC 8252 section 7.3)."""
    validator = AllowedURIValidator(["https", "http"], name=name, allow_path=True, allow_query=True)  # type: ignore[no-untyped-call]
    problems = []
    for uri in text.split():
        try:
            validator(uri)
        except ValidationError as error:
            problems.append(error)
    return problems
