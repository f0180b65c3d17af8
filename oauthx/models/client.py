"""A client: an application that asks for tokens. It must not know how it is authenticated."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication, ApplicationManager

from accounts.hashers import GeneratedSecretHasher
from accounts.models import User, WechatApp
from oauthx.addresses import shares_origin
from oauthx.choices import dialect_choices, grant_choices, scope_choices
from oauthx.combinations import problems_with_combination
from oauthx.key_sets import reveals_a_secret, usable_keys
from oauthx.models.client_addresses import bad_address, bad_origins, bad_uris, is_listed
from oauthx.vouching import problems_with_wechat
from tenants import registry
from tenants.models import LONGEST_SECONDS, Tenant

_LIFETIME = (MinValueValidator(1), MaxValueValidator(LONGEST_SECONDS))
_LONGEST_REUSE_SECONDS = 86_400

# What a client's tokens of /connect may be signed with.
ALGORITHMS = [("RS256", "RS256"), ("ES256", "ES256"), ("PS256", "PS256")]


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
        _("access token lifetime in seconds"), default=3600, validators=_LIFETIME
    )
    refresh_token_lifetime_seconds = models.PositiveIntegerField(
        _("refresh token lifetime in seconds"), default=2_592_000, validators=_LIFETIME
    )
    refresh_reuse_seconds = models.PositiveIntegerField(
        _("refresh token reuse in seconds"),
        default=0,
        validators=[MaxValueValidator(_LONGEST_REUSE_SECONDS)],
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
    requires_pushed_requests = models.BooleanField(
        _("requires pushed requests"),
        default=False,
        help_text=_("Authorization requests must have been pushed before (RFC 9126)."),
    )
    authenticates_by = models.CharField(
        _("authenticates by"),
        max_length=16,
        choices=[("secret", _("Secret")), ("private_key_jwt", _("Key of its own (private_key_jwt)"))],
        default="secret",
        help_text=_("How a confidential client proves itself. A key needs the key set or its address below."),
    )
    jwks = models.JSONField(
        _("key set"), null=True, blank=True, help_text=_("The client's public keys as a JWK Set (RFC 7517).")
    )
    jwks_uri = models.CharField(
        _("address of the key set"), max_length=500, blank=True, help_text=_("Instead of the key set itself.")
    )
    access_token_format = models.CharField(
        _("access token format"),
        max_length=8,
        choices=[("jwt", _("JWT (RFC 9068)")), ("opaque", _("Opaque: only introspection tells what it says"))],
        default="jwt",
        help_text=_("Of /connect; the other endpoints always give JWTs."),
    )
    userinfo_algorithm = models.CharField(
        _("userinfo signed with"), max_length=5, choices=[("", _("Not signed: JSON")), *ALGORITHMS], blank=True
    )
    frontchannel_logout_uri = models.CharField(
        _("front-channel logout address"),
        max_length=500,
        blank=True,
        help_text=_("Opened in a frame of the person's browser when he signs out."),
    )
    backchannel_logout_uri = models.CharField(
        _("back-channel logout address"),
        max_length=500,
        blank=True,
        help_text=_("Called by the server when a session ends."),
    )
    wechat_app = models.ForeignKey(
        WechatApp,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("WeChat app"),
        help_text=_("For WeChat sign-ins that name no other app of the tenant."),
    )
    vouches_for_wechat = models.BooleanField(
        _("vouches for WeChat identities"),
        default=False,
        help_text=_("May say by itself whom it has before it (openId), for this WeChat app. Codes are safer."),
    )
    # Who allowed it: its word counts for whom he may manage (`accounts/authority.py`).
    vouching_allowed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("vouching allowed by")
    )
    exempt_from_second_factor = models.BooleanField(
        _("exempt from the second factor"),
        default=False,
        help_text=_("May sign people in by password also where a second factor is required."),
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
        _("signing algorithm"),
        max_length=5,
        choices=[("", _("No OpenID Connect")), *ALGORITHMS],
        default="RS256",
        blank=True,
    )

    objects = ApplicationManager()

    class Meta:
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering: ClassVar = ["client_id"]
        permissions: ClassVar = [
            ("try_client", "Can make test calls as a client"),
            ("import_client", "Can import clients"),
            ("export_client", "Can export clients"),
        ]

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

    # A row of before there were maxima may hold any number: nothing that reckons with these overflows.

    @property
    def access_token_lifetime(self) -> timedelta:
        return timedelta(seconds=min(self.access_token_lifetime_seconds, LONGEST_SECONDS))

    @property
    def refresh_token_lifetime(self) -> timedelta:
        return timedelta(seconds=min(self.refresh_token_lifetime_seconds, LONGEST_SECONDS))

    @property
    def refresh_reuse(self) -> timedelta:
        """For how long a used refresh token still gets a new pair."""
        return timedelta(seconds=min(self.refresh_reuse_seconds, _LONGEST_REUSE_SECONDS))

    @property
    def is_public(self) -> bool:
        return bool(self.client_type == AbstractApplication.CLIENT_PUBLIC)

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret: a public client by nothing, another one by a key of its own."""
        return not self.is_public and self.authenticates_by == "secret"

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether it may use one of these; django-oauth-toolkit spells some of them with a hyphen."""
        return any(name.replace("-", "_") in self.grant_types or name in self.grant_types for name in grant_types)

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether it is registered, letter by letter; loopback addresses with any port (RFC 8252 section 7.3)."""
        return is_listed(uri, self.redirect_uris)

    def post_logout_redirect_uri_allowed(self, uri: str) -> bool:
        """The same for the addresses after a logout."""
        return is_listed(uri, self.post_logout_redirect_uris)

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
        if "authorization_code" in (self.grant_types or ()) and not self.redirect_uris.split():
            errors.setdefault("redirect_uris", []).append(
                ValidationError(_("The authorization code grant needs a redirect URI."))
            )
        if self.is_resource_server and (self.is_public or self.tenant_id is None):
            errors.setdefault("is_resource_server", []).append(
                ValidationError(_("A resource server is a confidential client that is bound to a tenant."))
            )
        for name in ("redirect_uris", "post_logout_redirect_uris"):
            errors.setdefault(name, []).extend(bad_uris(getattr(self, name), name))
        errors.setdefault("allowed_origins", []).extend(bad_origins(self.allowed_origins))
        for name in ("jwks_uri", "frontchannel_logout_uri", "backchannel_logout_uri"):
            errors.setdefault(name, []).extend(bad_address(getattr(self, name)))
        for found in (self._bad_keys(), problems_with_wechat(self), problems_with_combination(self)):
            for name, problems in found.items():
                errors.setdefault(name, []).extend(problems)
        errors["frontchannel_logout_uri"].extend(self._bad_frame())
        errors = {name: problems for name, problems in errors.items() if problems}
        if errors:
            raise ValidationError(errors)

    def _bad_frame(self) -> list[ValidationError]:
        """Front-Channel Logout section 2: its page stands where people come back to; else nothing there knows them."""
        uri, known = self.frontchannel_logout_uri, self.redirect_uris.split()
        if not uri or not known or bad_address(uri) or shares_origin(uri, known):
            return []
        return [ValidationError(_("Scheme, host and port must be those of one of the redirect URIs."))]

    def _bad_keys(self) -> dict[str, list[ValidationError]]:
        """What is wrong with the keys by which it proves itself, at each field."""
        errors: dict[str, list[ValidationError]] = {}
        if self.authenticates_by == "private_key_jwt" and self.is_public:
            errors["authenticates_by"] = [ValidationError(_("A public client cannot prove itself."))]
        if self.jwks and self.jwks_uri:
            errors["jwks_uri"] = [ValidationError(_("Give the key set or its address, not both."))]
        elif self.authenticates_by == "private_key_jwt" and not self.jwks and not self.jwks_uri:
            errors["jwks"] = [ValidationError(_("A key of its own needs the key set or its address."))]
        if self.jwks and reveals_a_secret(self.jwks):
            errors["jwks"] = [
                ValidationError(_("This key set holds private keys. Only the public halves belong here."))
            ]
        elif self.jwks and not usable_keys(self.jwks):
            message = _("No key here can be used: a JWK Set with RSA keys (2048 bits or more) or EC keys is expected.")
            errors["jwks"] = [ValidationError(message)]
        return errors


def _unknown_choices(values: Any, allowed: set[str]) -> list[ValidationError]:
    if not isinstance(values, list):
        return [ValidationError(_("A list is expected."))]
    return [
        ValidationError(_("Unknown value: %(value)s"), params={"value": value})
        for value in values
        if not isinstance(value, str) or value not in allowed
    ]
