"""What is done to people by buttons, and what finds one among a million of them."""

from django.db import DatabaseError, migrations, models, transaction

# One index for all columns that are searched (accounts/admin/person_search.py): any part of three characters, and the
# beginning and end of anything. As Django writes the condition: UPPER(column::text) LIKE UPPER('%part%').
COLUMNS = ("account", "real_name", "phone", "email", "job_number")
SEARCH = "CREATE INDEX user_search ON accounts_user USING gin ({})".format(
    ", ".join(f"upper({column}::text) gin_trgm_ops" for column in COLUMNS)
)


def index_search(apps, schema_editor):
    """PostgreSQL alone: SQLite has few people."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        print("\n  The extension pg_trgm is missing and may not be created: people are found, slowly where they are many.")
        print(f"  To mend that, as the database's owner: CREATE EXTENSION pg_trgm; {SEARCH};")
        return
    schema_editor.execute(SEARCH)


def unindex_search(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS user_search")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_second_factor'),
        ('tenants', '0003_sms'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='user',
            options={'ordering': ['-id'], 'permissions': [('reset_password_user', 'Can reset the password of a user'), ('unlock_user', 'Can unlock a user'), ('disable_user', 'Can disable and enable a user'), ('sign_out_user', 'Can sign a user out everywhere'), ('resetfactors_user', 'Can reset the second factors of a user'), ('import_user', 'Can import users'), ('export_user', 'Can export users')], 'verbose_name': 'user', 'verbose_name_plural': 'users'},
        ),
        migrations.AlterField(
            model_name='loginevent',
            name='kind',
            field=models.CharField(choices=[('token', 'token request'), ('login', 'browser login'), ('logout', 'logout'), ('lockout', 'lockout'), ('unlock', 'unlock'), ('password_reset', 'password reset'), ('disabled', 'account disabled'), ('enabled', 'account enabled'), ('sms_request', 'SMS code requested'), ('sms_sent', 'SMS code sent'), ('bind', 'identity bound'), ('unbind', 'identity unbound'), ('export', 'export'), ('factor_used', 'sign-in step passed'), ('factor_added', 'second factor added'), ('factor_removed', 'second factor removed'), ('factor_reset', 'second factors reset'), ('password_changed', 'password changed')], max_length=16, verbose_name='kind'),
        ),
        migrations.AddIndex(
            model_name='dept',
            index=models.Index(fields=['tenant', 'parent', 'sort'], name='dept_level_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['tenant', '-id'], name='user_newest_of_tenant'),
        ),
        migrations.RunPython(index_search, unindex_search),
    ]
