"""How gunicorn serves Hufu; all values come from the environment (docs/configuration.md).

`manage.py serve` uses it. By itself: `python -m gunicorn --config deploy/gunicorn.conf.py config.wsgi:application`.
"""

import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
# gunicorn reads this file before it adds the project's folder itself.
sys.path.insert(0, str(BASE_DIR))

from config.env import read_environment  # noqa: E402 - needs the line above

_env = read_environment(BASE_DIR)
_host = f"[{_env.host}]" if ":" in _env.host and not _env.host.startswith("[") else _env.host

proc_name = "hufu"
chdir = str(BASE_DIR)
bind = f"{_host}:{_env.port}"
# A request takes a thread only while it is worked on: idle kept connections cost nothing.
worker_class = "gthread"
workers = _env.workers
threads = _env.request_threads
# A fork must not share connections or threads with its parent, and a reload (HUP) shall take new code.
preload_app = False
# Workers show that they live by touching a file; on a disk that could block them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes an unguessable file there
# Longer than a proxy keeps an idle connection (nginx: 60 s), so that it is always the proxy that closes.
keepalive = 75
timeout = 60
graceful_timeout = 30

# --- What is believed of a request -----------------------------------------------------------------------------------

# A header with "_" in its name is dropped: WSGI cannot tell `Tenant_Id` from `Tenant-Id`, nor `X_Forwarded_For` from
# the one that a proxy sets, so a client could override either. Not even a proxy may set any (SCRIPT_NAME, PATH_INFO).
header_map = "drop"
forwarder_headers = ""
forwarded_allow_ips = ",".join(str(network) for network in _env.trusted_proxies)
# Tokens may have 8 KiB: as `Blade-Auth` and, at the older endpoints, in the query string.
limit_request_line = 8190
limit_request_field_size = 16_384

# --- What is told ----------------------------------------------------------------------------------------------------

loglevel = _env.log_level.lower()
# The proxy keeps the access log. Ours would show addresses decoded: a line break in one would forge a line, the
# captcha's answer of a development set-up among them.
accesslog = None
# Its commands (gunicornc) are not used, and what does not listen needs no guarding.
control_socket_disable = True
