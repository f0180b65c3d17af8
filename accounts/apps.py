"""The app of people: users, their organisation, their sign-ins. It must not know oauthx."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts import browser_session, console_events  # noqa: PLC0415 - models are ready only now
        from accounts.models import WechatApp  # noqa: PLC0415 - models are ready only now
        from accounts.tracking import track_models  # noqa: PLC0415 - models are ready only now
        from tenants import registry  # noqa: PLC0415 - models are ready only now

        console_events.connect()
        browser_session.connect()
        registry.register(WechatApp)
        track_models()
        post_migrate.connect(_prepare_history, sender=self, dispatch_uid="prepare-history")


def _prepare_history(using: str, **_signal: Any) -> None:
    from accounts.history_tables import prepare_after_migrating  # noqa: PLC0415 - only when something migrates

    prepare_after_migrating(using, timezone.now().date())
