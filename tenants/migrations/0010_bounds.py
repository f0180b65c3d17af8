"""Maxima for what people set; an expiry at the calendar's edges moves to where it can be read.

Larger numbers of before stay: what reckons with them takes the maximum in their place, and the console asks for another
one when somebody saves the row.
"""

from datetime import UTC, datetime
from typing import Any

import django.core.validators
import tenants.moments
from django.db import migrations, models


# In every zone within the years that people may set.
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 12, 30, tzinfo=UTC)


def make_readable(apps: Any, _schema: Any) -> None:
    """Without reading one: of PostgreSQL's moments after 9999 or before 1 there is none in Python."""
    tenants = apps.get_model("tenants", "Tenant").objects
    tenants.filter(expires_at__gt=_LAST).update(expires_at=_LAST)
    tenants.filter(expires_at__lt=_FIRST).update(expires_at=_FIRST)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0009_large_lists'),
    ]

    operations = [
        migrations.RunPython(make_readable, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='tenant',
            name='account_limit',
            field=models.PositiveIntegerField(blank=True, help_text='How many users it may have. Empty: any number.', null=True, validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='account limit'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='Empty: never.', null=True, validators=[tenants.moments.validate_moment], verbose_name='expires at'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='lockout_minutes',
            field=models.PositiveIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(525600)], verbose_name='lockout in minutes'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='lockout_threshold',
            field=models.PositiveSmallIntegerField(default=5, help_text='Wrong passwords in a row. 0: accounts are never locked.', validators=[django.core.validators.MaxValueValidator(1000)], verbose_name='failures before lockout'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='password_max_age_days',
            field=models.PositiveIntegerField(default=0, help_text='A password older than this has expired. 0: never.', validators=[django.core.validators.MaxValueValidator(36500)], verbose_name='password age in days'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='password_min_length',
            field=models.PositiveSmallIntegerField(default=8, validators=[django.core.validators.MaxValueValidator(128)], verbose_name='shortest password'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='sms_per_day',
            field=models.PositiveIntegerField(default=2000, help_text='So many messages at the most are paid for. 0: any number.', validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='SMS in 24 hours'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='sms_per_hour',
            field=models.PositiveIntegerField(default=1000, help_text='Of the whole tenant. 0: any number.', validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='requests for SMS codes an hour'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='sms_per_hour_of_address',
            field=models.PositiveIntegerField(default=30, help_text='People of one office often share an address, and all people of an application do whose server asks for them. 0: any number.', validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='of those, of one address'),
        ),
        migrations.AlterField(
            model_name='tenant',
            name='sms_per_hour_of_client',
            field=models.PositiveIntegerField(default=1000, help_text='0: any number.', validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='of those, of one client'),
        ),
    ]
