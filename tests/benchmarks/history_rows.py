"""Fills the login history with rows that are distributed as in real life, made by PostgreSQL itself.

A few of them are needles: values that stand three times in the whole table, in its oldest month.
"""

import sys
from datetime import date, timedelta

import psycopg

MONTHS = 12
TENANTS = 1000
# Above the ids that demo data take.
FIRST_TENANT = 1000
NEEDLES = 3

_ROWS = """
INSERT INTO accounts_loginevent (
    time, kind, outcome, reason, tenant_id, tenant_code, tenant_name, account, user_id, real_name, client_id,
    client_name, dialect, "grant", main_account, fingerprint, address, user_agent, request_id, token_id, actor)
SELECT
    %(since)s::timestamptz + (%(until)s::timestamptz - %(since)s::timestamptz) * (number / %(count)s::float8),
    CASE WHEN k < .93 THEN 'token' WHEN k < .97 THEN 'login' WHEN k < .999 THEN 'logout' ELSE 'lockout' END,
    CASE WHEN why IS NULL THEN 'allowed' ELSE 'refused' END,
    coalesce(why, ''), %(first_tenant)s + tenant, 'tenant-' || tenant, 'Tenant ' || tenant,
    CASE WHEN is_machine THEN '' WHEN a < .03 THEN 'admin' ELSE 'user' || who END,
    CASE WHEN is_machine THEN NULL ELSE 1000000 + tenant * 1000 + who END,
    CASE WHEN is_machine THEN '' ELSE 'Name ' || who END,
    'client-' || client, 'Client ' || client,
    CASE WHEN d < .5 THEN 'connect' WHEN d < .8 THEN 'cams-auth' ELSE 'ams-auth' END,
    CASE WHEN is_machine THEN 'client_credentials' WHEN g < .6 THEN 'refresh_token' WHEN g < .8 THEN 'password'
        WHEN g < .9 THEN 'authorization_code' WHEN g < .97 THEN 'captcha' ELSE 'sms' END,
    '', '', '10.0.0.0'::inet + (250000 * power(a, 2))::int,
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36',
    md5(number::text || %(since)s), md5(number::text), ''
FROM (
    SELECT *, 1 + (%(tenants)s * power(t, 3))::int AS tenant, 1 + (300 * power(w, 2))::int AS who,
        1 + (200 * power(c, 2))::int AS client, m < .25 AS is_machine,
        CASE WHEN r < .04 THEN 'credentials_rejected' WHEN r < .05 THEN 'unknown_user'
            WHEN r < .055 THEN 'account_locked' WHEN r < .0555 THEN 'captcha_mismatch' END AS why
    FROM (
        SELECT number, random() AS k, random() AS t, random() AS w, random() AS c, random() AS m, random() AS r,
            random() AS d, random() AS g, random() AS a
        FROM generate_series(0, %(count)s - 1) AS number
    ) AS chance
) AS event
"""
_NEEDLES = """
INSERT INTO accounts_loginevent (
    time, kind, outcome, reason, tenant_id, tenant_code, tenant_name, account, user_id, real_name, client_id,
    client_name, dialect, "grant", main_account, fingerprint, address, user_agent, request_id, token_id, actor)
SELECT %(since)s::timestamptz + number * interval '1 hour', 'unbind', 'refused', 'wechat_code_used',
    %(first_tenant)s + 1, 'tenant-1',
    'Tenant 1', 'needle', 1, 'Needle', 'needle', 'Needle', 'api-cams-auth', 'wechat', '', '', '192.0.2.1', '', 'needle',
    '', ''
FROM generate_series(1, %(needles)s) AS number
"""


def fill(url: str, count: int, today: date) -> None:
    """Put `count` rows into the months up to now, indexes afterwards: several times as quick as one by one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'accounts_loginevent'"
            " AND indexname <> 'accounts_loginevent_pkey'"
        ).fetchall()
        for name, _definition in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        months = _months(today)
        for number, (since, until) in enumerate(months):
            _say(f"month {number + 1} of {len(months)}")
            connection.execute("SELECT accounts_loginevent_create_month(%s)", [since])
            span = {"since": since.isoformat(), "until": until.isoformat(), "first_tenant": FIRST_TENANT}
            connection.execute(_ROWS, {**span, "count": count // len(months), "tenants": TENANTS})
            if number == 0:
                connection.execute(_NEEDLES, {**span, "needles": NEEDLES})
        for number, (_name, definition) in enumerate(indexes):
            _say(f"index {number + 1} of {len(indexes)}")
            # PostgreSQL describes the index of the table above the partitions alone.
            connection.execute(definition.replace(" ON ONLY ", " ON ").encode())
        _say("statistics")
        connection.execute("VACUUM ANALYZE accounts_loginevent")
        _say("")


def _months(today: date) -> list[tuple[date, date]]:
    """Whole months up to the current one's, which ends today: the first rows of the list are the newest."""
    starts = [today.replace(day=1)]
    while len(starts) < MONTHS:
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    return list(zip(starts, [*starts[1:], today], strict=True))


def _say(what: str) -> None:
    print(f"\r{'login history: ' + what if what else '':60}\r", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress
