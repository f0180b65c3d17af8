"""The WSGI application that gunicorn serves."""

import io
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# More than any endpoint takes in this way; a longer body is refused by its length.
MAX_CHUNKED_BYTES = 64 * 1024

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


def with_length(application: WSGIApplication) -> WSGIApplication:
    """Give chunked bodies, which apps that stream their JSON send, the length that Django wants.

    The server must end `wsgi.input` with the body (`wsgi.input_terminated`, as gunicorn does).
    """

    def counted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        if is_chunked and environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(MAX_CHUNKED_BYTES + 1)
            environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return application(environ, start_response)

    return counted


application = with_length(get_wsgi_application())
