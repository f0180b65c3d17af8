"""On PostgreSQL the triggers of the changes let one role delete: the one that prunes the login history, too."""

from django.db import migrations

_REFUSE = """
CREATE OR REPLACE FUNCTION hufu_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {pruner}
    RAISE EXCEPTION 'what was recorded of a change is never changed or deleted';
END $$
"""
# Not current_user: that is whoever one has become by SET ROLE.
_PRUNER = "IF TG_OP = 'DELETE' AND session_user = 'hufu_prune' THEN RETURN OLD; END IF;"


def let_prune(_apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(_REFUSE.format(pruner=_PRUNER))


def let_nobody(_apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(_REFUSE.format(pruner=''))


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0007_reset_by_mail'),
    ]

    operations = [
        migrations.RunPython(let_prune, let_nobody),
    ]
