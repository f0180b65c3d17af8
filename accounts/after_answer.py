"""An answer that something else follows. It must not know what."""

import logging
from collections.abc import Callable

from django.http import HttpResponse

logger = logging.getLogger(__name__)


class AnswerThen(HttpResponse):
    """This answer; once it is out (the server closes it then), something else is begun."""

    def __init__(self, answer: HttpResponse, begin: Callable[[], None]) -> None:
        super().__init__(answer.content, status=answer.status_code, headers=answer.headers)
        self._begin: Callable[[], None] | None = begin

    def close(self) -> None:
        super().close()
        begin, self._begin = self._begin, None
        if begin is None:
            return
        try:
            begin()
        except Exception:
            logger.exception("what should follow an answer failed")
