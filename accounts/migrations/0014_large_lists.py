"""Indexes for what long lists are sorted and filtered by."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_people'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('tenants', '0006_second_factor'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='browsersession',
            index=models.Index(fields=['-auth_time', '-id'], name='browser_session_auth_time'),
        ),
        migrations.AddIndex(
            model_name='dept',
            index=models.Index(fields=['sort', 'id'], name='dept_in_order'),
        ),
        migrations.AddIndex(
            model_name='post',
            index=models.Index(fields=['sort', 'id'], name='post_in_order'),
        ),
        migrations.AddIndex(
            model_name='role',
            index=models.Index(fields=['sort', 'id'], name='role_in_order'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['account', '-id'], name='user_account'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['created_at', '-id'], name='user_created'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['tenant', 'created_at', '-id'], name='user_created_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_active', False)), fields=['-id'], name='user_disabled'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_active', False)), fields=['tenant', '-id'], name='user_disabled_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_staff', True)), fields=['-id'], name='user_of_console'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('is_superuser', True)), fields=['-id'], name='user_of_platform'),
        ),
    ]
