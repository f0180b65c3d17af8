"""The app of people: users, their organisation, their sign-ins. It must not know oauthx."""

from django.apps import AppConfig
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
