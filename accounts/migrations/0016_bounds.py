"""Maxima for places in an order. Larger ones of before stay, until somebody saves the row."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_mail_codes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='dept',
            name='sort',
            field=models.IntegerField(default=0, validators=[django.core.validators.MinValueValidator(-999999999), django.core.validators.MaxValueValidator(999999999)], verbose_name='sort'),
        ),
        migrations.AlterField(
            model_name='directory',
            name='position',
            field=models.PositiveSmallIntegerField(default=1, help_text='The lowest is asked for account names without a domain.', validators=[django.core.validators.MaxValueValidator(9999)], verbose_name='order'),
        ),
        migrations.AlterField(
            model_name='post',
            name='sort',
            field=models.IntegerField(default=0, validators=[django.core.validators.MinValueValidator(-999999999), django.core.validators.MaxValueValidator(999999999)], verbose_name='sort'),
        ),
        migrations.AlterField(
            model_name='role',
            name='sort',
            field=models.IntegerField(default=0, validators=[django.core.validators.MinValueValidator(-999999999), django.core.validators.MaxValueValidator(999999999)], verbose_name='sort'),
        ),
        migrations.AlterField(
            model_name='smsgateway',
            name='position',
            field=models.PositiveSmallIntegerField(default=1, help_text='The lowest is tried first, the others when it fails.', validators=[django.core.validators.MaxValueValidator(9999)], verbose_name='order'),
        ),
        migrations.AlterField(
            model_name='userdept',
            name='position',
            field=models.PositiveIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='userpost',
            name='position',
            field=models.PositiveIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='userrole',
            name='position',
            field=models.PositiveIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(999999999)], verbose_name='position'),
        ),
    ]
