"""Which moments people may set, and how the console writes one. It must not know its pages."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

# What can be reckoned with in every time zone, and every database can give back.
FIRST_YEAR, LAST_YEAR = 1970, 9000


def is_settable(moment: date) -> bool:
    """Whether people may set this moment or day."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def validate_moment(moment: datetime) -> None:
    """Accept what people may set: PostgreSQL takes the last hours of 9999 and cannot give them back.

    Raises:
        ValidationError: it is too near the calendar's edges.
    """
    if not is_settable(moment):
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValidationError(_("Take a year from %(first)d to %(last)d."), code="out_of_calendar", params=years)


def show_moment(moment: datetime) -> str:
    """A moment in the zone of the tenant that one works in, to the second: as a column of Django's own shows it.

    One that this zone's calendar does not have stands as it is, with its distance from UTC.
    """
    try:
        return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    except OverflowError:
        return moment.isoformat(" ", "seconds")


def show_day(moment: datetime) -> str:
    """The day of a moment there."""
    try:
        return timezone.localtime(moment).date().isoformat()
    except OverflowError:
        return moment.date().isoformat()
