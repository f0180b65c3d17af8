"""How the console writes a moment. It must not know its pages."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format


def show_moment(moment: datetime) -> str:
    """A moment in the zone of the tenant that one works in, to the second: as a column of Django's own shows it."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
