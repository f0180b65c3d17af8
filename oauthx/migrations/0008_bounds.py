"""Maxima for the lifetimes of tokens. Longer ones of before stay, and are taken for the maximum."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauthx', '0007_large_lists'),
    ]

    operations = [
        migrations.AlterField(
            model_name='client',
            name='access_token_lifetime_seconds',
            field=models.PositiveIntegerField(default=3600, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(315360000)], verbose_name='access token lifetime in seconds'),
        ),
        migrations.AlterField(
            model_name='client',
            name='refresh_reuse_seconds',
            field=models.PositiveIntegerField(default=0, help_text='For so long a used refresh token still gets a new pair, for apps with two tabs. 0: never.', validators=[django.core.validators.MaxValueValidator(86400)], verbose_name='refresh token reuse in seconds'),
        ),
        migrations.AlterField(
            model_name='client',
            name='refresh_token_lifetime_seconds',
            field=models.PositiveIntegerField(default=2592000, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(315360000)], verbose_name='refresh token lifetime in seconds'),
        ),
    ]
