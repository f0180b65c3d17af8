"""Makes the first person of an empty installation: a platform administrator, in a tenant that is made if need be."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Make a platform administrator, and his tenant if it is not there."
        " The password is asked for, or read from standard input: arguments are visible to every process."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--tenant", metavar="CODE", default="000000", help="Default: 000000")
        parser.add_argument("--tenant-name", metavar="NAME", help="For a tenant that is not there yet.")
        parser.add_argument("--account", default="admin", help="Default: admin")

    def handle(self, *_args: Any, **options: Any) -> None:
        code, account = options["tenant"], options["account"]
        tenant = Tenant.objects.filter(code=code).first() or Tenant(code=code, name=options["tenant_name"] or code)
        if tenant._state.adding:
            _validate(tenant)
        elif User.objects.filter(tenant=tenant, account=account).exists():
            raise CommandError(
                _("Tenant %(tenant)s has an account %(account)s already.") % {"tenant": code, "account": account}
            )
        user = User(tenant=tenant, account=account, is_staff=True, is_superuser=True)
        # Before the transaction: nobody's work waits while somebody types.
        user.set_password(_read_password(user))
        with transaction.atomic():
            if tenant._state.adding:
                tenant.save()
            user.tenant = tenant
            _validate(user)
            user.save()
        self.stdout.write(
            _("Platform administrator made: tenant %(tenant)s, account %(account)s.")
            % {"tenant": code, "account": account}
        )


def _read_password(user: User) -> str:
    if sys.stdin.isatty():
        password = getpass.getpass(_("Password: "))
        if password != getpass.getpass(_("Password, once more: ")):
            raise CommandError(_("The passwords differ."))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return password


def _validate(instance: Tenant | User) -> None:
    try:
        instance.full_clean(exclude=["password"])
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
