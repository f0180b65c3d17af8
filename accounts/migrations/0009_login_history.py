"""The login history: partitions by month and triggers on PostgreSQL, and an index for each filter of the list.

What stands here in SQL stays as it is; docs/decisions/0017-login-history.md says why it is so.
"""

from django.db import migrations, models

# Rows older than that stand in the default partition: a wrong clock shall not make thousands of tables.
MONTHS_KEPT_APART = 240

REFUSE = """
CREATE FUNCTION accounts_loginevent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Not current_user: that is whoever one has become by SET ROLE.
    IF TG_OP = 'DELETE' AND session_user = 'hufu_prune' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the login history is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""

# The name of the schema is that of the migration's: the function runs as its owner, and no caller's search path counts.
CREATE_MONTH = """
CREATE FUNCTION accounts_loginevent_create_month(day date) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    since timestamptz := date_trunc('month', day::timestamp) AT TIME ZONE 'UTC';
    until timestamptz := (date_trunc('month', day::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    name text := 'accounts_loginevent_' || to_char(day, 'YYYY_MM');
BEGIN
    IF day < '2000-01-01' OR day > now() + interval '1 year' THEN
        RAISE EXCEPTION 'no partition for %: out of bounds', day;
    END IF;
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('accounts_loginevent_create_month', 0));
    IF to_regclass(quote_ident(name)) IS NOT NULL
        OR EXISTS (SELECT FROM accounts_loginevent_default WHERE time >= since AND time < until) THEN
        RETURN false;
    END IF;
    -- Attached, not made as a partition: that would hold up whoever writes to the other months.
    EXECUTE format('CREATE TABLE %I (LIKE accounts_loginevent INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format(
        'ALTER TABLE accounts_loginevent ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, since, until);
    EXECUTE format(
        'CREATE TRIGGER history_keeps_table BEFORE TRUNCATE ON %I EXECUTE FUNCTION accounts_loginevent_refuse()', name);
    RETURN true;
END $$
"""

CONVERT = (
    "ALTER TABLE accounts_loginevent RENAME TO accounts_loginevent_before",
    "ALTER TABLE accounts_loginevent_before ALTER COLUMN id DROP IDENTITY IF EXISTS",
    "DROP INDEX event_time, event_tenant_time, event_user_time, event_id",
    "ALTER TABLE accounts_loginevent_before DROP CONSTRAINT accounts_loginevent_pkey",
    # A sequence of its own: identity columns of partitioned tables come with PostgreSQL 17.
    "CREATE SEQUENCE accounts_loginevent_id_seq AS bigint",
    "CREATE TABLE accounts_loginevent (LIKE accounts_loginevent_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    " PARTITION BY RANGE (time)",
    "ALTER TABLE accounts_loginevent ALTER COLUMN id SET DEFAULT nextval('accounts_loginevent_id_seq'),"
    " ADD CONSTRAINT accounts_loginevent_pkey PRIMARY KEY (time, id)",
    "ALTER SEQUENCE accounts_loginevent_id_seq OWNED BY accounts_loginevent.id",
    "CREATE TABLE accounts_loginevent_default PARTITION OF accounts_loginevent DEFAULT",
    REFUSE,
    CREATE_MONTH,
    "REVOKE EXECUTE ON FUNCTION accounts_loginevent_create_month(date) FROM PUBLIC",
)

FINISH = (
    "DROP TABLE accounts_loginevent_before",
    # For the page of one event. Ids grow with time, so a summary of each stretch of the table is enough.
    "CREATE INDEX event_id ON accounts_loginevent USING brin (id) WITH (pages_per_range = 16, autosummarize = on)",
    "CREATE INDEX event_tenant_time ON accounts_loginevent (tenant_id, time DESC, id DESC)",
    "CREATE INDEX event_user_time ON accounts_loginevent (user_id, time DESC, id DESC) WHERE user_id IS NOT NULL",
    "CREATE TRIGGER history_keeps_rows BEFORE UPDATE OR DELETE ON accounts_loginevent"
    " FOR EACH ROW EXECUTE FUNCTION accounts_loginevent_refuse()",
    # One of a statement is not handed on to partitions: those of the months get theirs when they are made.
    "CREATE TRIGGER history_keeps_table BEFORE TRUNCATE ON accounts_loginevent"
    " EXECUTE FUNCTION accounts_loginevent_refuse()",
    "CREATE TRIGGER history_keeps_table BEFORE TRUNCATE ON accounts_loginevent_default"
    " EXECUTE FUNCTION accounts_loginevent_refuse()",
)


def partition(apps, schema_editor):
    """On PostgreSQL: a partitioned table with all rows of the one before, each in its month."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = connection.ops.quote_name(cursor.fetchone()[0])
        for statement in CONVERT:
            # Nothing may be bound: plpgsql has its own percent signs.
            cursor.execute(statement.replace("{schema}", schema))
        cursor.execute(
            "SELECT accounts_loginevent_create_month(month::date) FROM generate_series("
            " (SELECT date_trunc('month', greatest(min(time), now() - make_interval(months => %s)) AT TIME ZONE 'UTC')"
            " FROM accounts_loginevent_before HAVING count(*) > 0),"
            " date_trunc('month', now() AT TIME ZONE 'UTC') + interval '3 months', interval '1 month') AS month",
            [MONTHS_KEPT_APART],
        )
        cursor.execute("SELECT count(*), coalesce(max(id), 0) FROM accounts_loginevent_before")
        count, last_id = cursor.fetchone()
        cursor.execute("INSERT INTO accounts_loginevent SELECT * FROM accounts_loginevent_before")
        if cursor.rowcount != count:
            raise RuntimeError(f"{cursor.rowcount} of {count} login events were taken over")
        cursor.execute("SELECT setval('accounts_loginevent_id_seq', %s, %s)", [max(last_id, 1), last_id > 0])
        for statement in FINISH:
            cursor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_separate_lockouts'),
    ]

    operations = [
        # One way: rows would have to be copied back, and nothing of an older release could write meanwhile.
        migrations.RunPython(partition),
        migrations.AlterModelOptions(
            name='loginevent',
            options={'default_permissions': ('view', 'export'), 'ordering': ['-time', '-id'], 'verbose_name': 'login event', 'verbose_name_plural': 'login history'},
        ),
        migrations.AddField(
            model_name='loginevent',
            name='detail',
            field=models.CharField(blank=True, db_default='', max_length=512, verbose_name='details'),
        ),
        migrations.AddField(
            model_name='loginevent',
            name='actor_tenant_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='loginevent',
            name='kind',
            field=models.CharField(choices=[('token', 'token request'), ('login', 'browser login'), ('logout', 'logout'), ('lockout', 'lockout'), ('unlock', 'unlock'), ('sms_request', 'SMS code requested'), ('sms_sent', 'SMS code sent'), ('bind', 'identity bound'), ('unbind', 'identity unbound'), ('export', 'export')], max_length=16, verbose_name='kind'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id'], name='event_request'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('account', ''), _negated=True), fields=['account', '-time', '-id', 'tenant_id'], name='event_account_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('real_name', ''), _negated=True), fields=['real_name', '-time', '-id', 'tenant_id'], name='event_real_name_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('address__isnull', False)), fields=['address', '-time', '-id', 'tenant_id'], name='event_address_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('client_id', ''), _negated=True), fields=['client_id', '-time', '-id', 'tenant_id'], name='event_client_id_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('reason', ''), _negated=True), fields=['reason', '-time', '-id', 'tenant_id'], name='event_reason_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('grant__in', ('', 'client_credentials', 'refresh_token')), _negated=True), fields=['grant', '-time', '-id', 'tenant_id'], name='event_grant_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('dialect__in', ('', 'connect')), _negated=True), fields=['dialect', '-time', '-id', 'tenant_id'], name='event_dialect_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('outcome', 'refused')), fields=['outcome', '-time', '-id', 'tenant_id'], name='event_outcome_time'),
        ),
        migrations.AddIndex(
            model_name='loginevent',
            index=models.Index(condition=models.Q(('kind', 'token'), _negated=True), fields=['kind', '-time', '-id', 'tenant_id'], name='event_kind_time'),
        ),
    ]
