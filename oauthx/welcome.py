"""What a start prints: where everything is, and one request for each endpoint that works when pasted."""

import base64
from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.hashers import md5_hex
from oauthx.demo import CLIENT1, SABER, SWORD, DemoAccount, DemoClient


def welcome(host: str, port: int, accounts: Sequence[DemoAccount]) -> str:
    """The text; without demo accounts, only where the console is and how to make the first administrator."""
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    base = f"http://{shown}:{port}"
    console = _("Console")
    lines = ["", f"  虎符 Hufu   {base}", f"  {console}   {base}/admin/", ""]
    if not accounts:
        first = _("First administrator")
        return "\n".join([*lines, f"  {first}: python manage.py create_administrator", ""])
    lines.append("  " + _("Demo accounts (tenant / account / password)"))
    lines += [f"    {demo.tenant} / {demo.account} / {demo.password}" for demo in accounts]
    lines += ["", "  " + _("One request for each endpoint"), ""]
    return "\n".join([*lines, *curl_lines(base), ""])


def curl_lines(base: str) -> list[str]:
    """One `curl` for each of the five endpoints, each on one line."""
    person = f'"username":"admin","password":"{md5_hex("admin")}","grant_type":"password","scope":"all"'
    as_json = "-H 'Content-Type: application/json'"
    form = f"username=admin&password={md5_hex('admin')}&grant_type=password&scope=all&type=account"
    connect = (
        f"client_id={CLIENT1.client_id}&client_secret={CLIENT1.secret}&grant_type=password"
        "&username=admin&password=admin&scope=openid%20offline_access"
    )
    return [
        f"curl {base}/ams-auth/oauth/token {_basic(SWORD)} -H 'tenantId: 000000' {as_json} -d '{{{person}}}'",
        f"curl {base}/kom-ams-auth/oauth/token {_basic(SWORD)} -H 'tenantId: 000000' {as_json} -d '{{{person}}}'",
        f"curl {base}/cams-auth/oauth/token {_basic(SABER)} -d '{form}'",
        f"curl {base}/api/cams-auth/oauth/token {_basic(SABER)} -H 'Tenant-Id: 000000' {as_json} -d '{{{person}}}'",
        f"curl {base}/connect/token -d '{connect}'",
    ]


def _basic(client: DemoClient) -> str:
    encoded = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    return f"-H 'Authorization: Basic {encoded}'"
