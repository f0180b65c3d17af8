"""The app of protocols: clients, tokens, keys, dialects and grants."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OAuthXConfig(AppConfig):
    name = "oauthx"
    verbose_name = _("Applications and tokens")

    def ready(self) -> None:
        from accounts.signals import password_changed  # noqa: PLC0415 - beside the models
        from oauthx import checks  # noqa: F401, PLC0415 - registers the system checks, once models are ready
        from oauthx.models import Client, SigningKey, TokenFamily  # noqa: PLC0415 - models are ready only now
        from tenants import registry  # noqa: PLC0415 - models are ready only now

        password_changed.connect(TokenFamily.end_on_new_password, dispatch_uid="end-families")
        registry.register(Client, Client.served_tenants.through)
        registry.register(SigningKey)
