"""The fixtures of these tests: the small installation of the contract tests, and what a development set-up prints."""

from typing import Any

import pytest

from tests.accounts.forgotten_moves import Printed
from tests.contract.world import world

__all__ = ["world"]


@pytest.fixture
def printed(settings: Any, capsys: pytest.CaptureFixture[str]) -> Printed:
    """What a development set-up printed since the last look: the answer of a captcha, the code of a message."""
    settings.HUFU_DEVELOPMENT = True
    settings.HUFU_SMS_DELIVERY = "accounts.sms_delivery.deliver"
    settings.HUFU_MAIL_DELIVERY = "accounts.mail_delivery.deliver"

    def read() -> dict[str, str]:
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        return {
            words[0]: dict(word.split("=") for word in words[1:] if "=" in word)["code"] for words in lines if words
        }

    return read
