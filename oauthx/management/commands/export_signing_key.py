"""Prints what a resource server needs to verify tokens."""

from typing import Any

from cryptography.hazmat.primitives import serialization
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from oauthx.management.keys import active_key, add_key_arguments, named_tenant
from oauthx.signing import parse


class Command(BaseCommand):
    help = (
        "Print the active key for a resource server: the shared secret of HS256, the public key (PEM) of the others."
        " Whoever holds the shared secret can also sign: hand it on with care."
    )

    def add_arguments(self, parser: Any) -> None:
        add_key_arguments(parser, algorithms=["HS256", "RS256", "ES256"])

    def handle(self, *_args: Any, **options: Any) -> None:
        key = active_key(options["algorithm"], named_tenant(options["tenant"], options["algorithm"]))
        if key is None:
            raise CommandError(_("There is no active key of this kind. Make one: manage.py rotate_signing_key"))
        if key.algorithm == "HS256":
            self.stdout.write(key.private_part().decode())
            return
        pem = parse(key).public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.stdout.write(pem.decode().strip())
