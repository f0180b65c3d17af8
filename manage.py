#!/usr/bin/env python
"""Django's command line for Hufu. It must not know any app."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run one command of Django or of our apps."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The message says what to set; a traceback would only bury it.
        sys.exit(f"Configuration: {error}")


if __name__ == "__main__":
    main()
