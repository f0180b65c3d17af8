"""The app of tenants. It must not know accounts or oauthx."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Tenants")

    def ready(self) -> None:
        from tenants import registry  # noqa: PLC0415 - models are ready only now
        from tenants.changes import track  # noqa: PLC0415 - it knows a model
        from tenants.changes.guard import refuse_changes  # noqa: PLC0415 - as above
        from tenants.models import Tenant  # noqa: PLC0415 - models are ready only now

        registry.register(Tenant)
        track(Tenant, tenant_path="pk")
        post_migrate.connect(refuse_changes, sender=self, dispatch_uid="guard-changes")
