"""Indexes for what long lists are sorted and filtered by."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_large_lists'),
        ('oauthx', '0006_guide'),
        ('tenants', '0009_large_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['-updated_at', '-id'], name='consent_updated'),
        ),
        migrations.AddIndex(
            model_name='tokenfamily',
            index=models.Index(fields=['-auth_time'], name='family_auth_time'),
        ),
        migrations.AddIndex(
            model_name='tokenfamily',
            index=models.Index(fields=['tenant', '-auth_time'], name='family_auth_time_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='tokenfamily',
            index=models.Index(fields=['address', '-auth_time'], name='family_address'),
        ),
    ]
