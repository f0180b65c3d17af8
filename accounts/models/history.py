"""The login history: append-only and self-contained. It must not know users or clients, only their names."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(TypeError):
    """A row of the login history is never changed or deleted."""


class AppendOnlyQuerySet(models.QuerySet["LoginEvent"]):
    def update(self, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError


# Values of so many rows that an index by them finds no sooner, and that applications' own tokens have: they are written
# hundreds of times a second, and each index costs them 5 microseconds.
UNINDEXED_GRANTS = ("", "client_credentials", "refresh_token")
UNINDEXED_DIALECTS = ("", "connect")


def _newest_first(column: str, rows: Q) -> models.Index:
    """The index that finds these rows by the column, newest first, and passes over other tenants'."""
    return models.Index(fields=[column, "-time", "-id", "tenant_id"], condition=rows, name=f"event_{column}_time")


class LoginEvent(models.Model):
    """Who tried what, when, from where, through which client, and why it was refused. Names stay as they were.

    No foreign keys: the row outlives what it tells of. On PostgreSQL the key is `(time, id)`, and each month has a
    partition; Django sees `id`. Triggers refuse what the methods here refuse (docs/decisions/0017-login-history.md).
    """

    class Kind(models.TextChoices):
        TOKEN = "token", _("token request")
        LOGIN = "login", _("browser login")
        LOGOUT = "logout", _("logout")
        LOCKOUT = "lockout", _("lockout")
        UNLOCK = "unlock", _("unlock")
        PASSWORD_RESET = "password_reset", _("password reset")
        DISABLED = "disabled", _("account disabled")
        ENABLED = "enabled", _("account enabled")
        SMS_REQUEST = "sms_request", _("SMS code requested")
        SMS_SENT = "sms_sent", _("SMS code sent")
        MAIL_REQUEST = "mail_request", _("mail code requested")
        MAIL_SENT = "mail_sent", _("mail code sent")
        BIND = "bind", _("identity bound")
        UNBIND = "unbind", _("identity unbound")
        EXPORT = "export", _("export")
        FACTOR_USED = "factor_used", _("sign-in step passed")
        FACTOR_ADDED = "factor_added", _("second factor added")
        FACTOR_REMOVED = "factor_removed", _("second factor removed")
        FACTOR_RESET = "factor_reset", _("second factors reset")
        PASSWORD_CHANGED = "password_changed", _("password changed")

    class Outcome(models.TextChoices):
        ALLOWED = "allowed", _("allowed")
        REFUSED = "refused", _("refused")

    time = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    tenant_id = models.BigIntegerField(_("tenant id"), null=True)
    tenant_code = models.CharField(_("tenant code"), max_length=255, blank=True)
    tenant_name = models.CharField(_("tenant name"), max_length=128, blank=True)
    account = models.CharField(_("account"), max_length=255, blank=True)
    user_id = models.BigIntegerField(_("user id"), null=True)
    real_name = models.CharField(_("real name"), max_length=128, blank=True)
    client_id = models.CharField(_("client id"), max_length=255, blank=True)
    client_name = models.CharField(_("client name"), max_length=255, blank=True)
    dialect = models.CharField(_("dialect"), max_length=32, blank=True)
    grant = models.CharField(_("grant"), max_length=64, blank=True)
    main_account = models.CharField(_("main account"), max_length=255, blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=255, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=512, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    token_id = models.CharField(_("token id"), max_length=64, blank=True)
    actor = models.CharField(_("done by"), max_length=255, blank=True)
    # Of which tenant he is: none but his own, and the platform, may read who he is.
    actor_tenant_id = models.BigIntegerField(null=True)
    # Few events have one, and a token request none: the database fills it in.
    detail = models.CharField(_("details"), max_length=512, blank=True, db_default="")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("login event")
        verbose_name_plural = _("login history")
        ordering: ClassVar = ["-time", "-id"]
        default_permissions = ("view", "export")
        # What the list filters by has an index of its own, newest first. The tenant stands at its end: a tenant's own
        # viewer passes over the others' entries without reading their rows. What a column leaves empty costs nothing.
        indexes: ClassVar = [
            # On PostgreSQL the key itself serves for it: the migration makes none.
            models.Index(fields=["-time", "-id"], name="event_time"),
            models.Index(fields=["tenant_id", "-time", "-id"], name="event_tenant_time"),
            # For the account page. Clients' own tokens are no person's: their rows cost nothing here.
            models.Index(
                fields=["user_id", "-time", "-id"], condition=Q(user_id__isnull=False), name="event_user_time"
            ),
            models.Index(fields=["request_id"], condition=~Q(request_id=""), name="event_request"),
            _newest_first("account", ~Q(account="")),
            _newest_first("real_name", ~Q(real_name="")),
            _newest_first("address", Q(address__isnull=False)),
            _newest_first("client_id", ~Q(client_id="")),
            _newest_first("reason", ~Q(reason="")),
            _newest_first("grant", ~Q(grant__in=UNINDEXED_GRANTS)),
            _newest_first("dialect", ~Q(dialect__in=UNINDEXED_DIALECTS)),
            _newest_first("outcome", Q(outcome="refused")),
            _newest_first("kind", ~Q(kind="token")),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.account, self.get_kind_display(), self.get_outcome_display())))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError
