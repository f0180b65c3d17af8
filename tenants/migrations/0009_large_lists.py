"""Indexes for what long lists are sorted and filtered by."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0008_prune_changes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['action', '-time', '-id'], name='change_action_time'),
        ),
    ]
