"""The app of protocols: clients, tokens, keys, dialects and grants."""

from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class OAuthXConfig(AppConfig):
    name = "oauthx"
    verbose_name = _("Applications and tokens")

    def ready(self) -> None:
        from accounts.signals import password_changed, session_ended, signed_out_everywhere  # noqa: PLC0415 - beside the models
        from oauthx import checks  # noqa: F401, PLC0415 - registers the system checks, once models are ready
        from oauthx.logout.notices import write_notices  # noqa: PLC0415 - beside the models
        from oauthx.models import Client, SigningKey, TokenFamily  # noqa: PLC0415 - models are ready only now
        from oauthx.signing import ensure_keys_of_client  # noqa: PLC0415 - models are ready only now
        from oauthx.tracking import track_models  # noqa: PLC0415 - models are ready only now
        from tenants import registry  # noqa: PLC0415 - models are ready only now

        password_changed.connect(TokenFamily.end_on_new_password, dispatch_uid="end-families")
        signed_out_everywhere.connect(TokenFamily.end_everything_of, dispatch_uid="end-everything")
        session_ended.connect(TokenFamily.end_with_browser_session, dispatch_uid="end-families-of-browser")
        session_ended.connect(write_notices, dispatch_uid="logout-notices")
        # RS256 keys are there from the start.
        post_save.connect(ensure_keys_of_client, Client, dispatch_uid="keys-of-client")
        registry.register(Client, Client.served_tenants.through)
        registry.register(SigningKey)
        track_models()
