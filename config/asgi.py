"""The ASGI application, for those who must; WSGI is faster here (docs/decisions/0003-web-server.md)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
