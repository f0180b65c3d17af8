"""Messages through the vendors' own SDKs, to stand-ins that check signatures and play the documented errors."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from accounts.gateways.sms import GatewayError, NumberRejectedError, SmsMessage, open_gateway, problems_of
from accounts.gateways.sms.base import answer_seconds
from accounts.models import SmsGateway
from tenants.encryption import Secret
from tenants.models import Tenant
from tests.accounts.calling import LOOPBACK
from tests.accounts.sms_vendors import KEY_ID, SECRET, Vendor, aliyun, tencent

pytestmark = pytest.mark.once

MESSAGE = SmsMessage("+8613800138000", "042137")
PLAYS: dict[str, Callable[[], AbstractContextManager[Vendor]]] = {"aliyun": aliyun, "tencent": tencent}
with_each_vendor = pytest.mark.parametrize("kind", PLAYS)


@pytest.fixture
def vendor(kind: str, settings: Any) -> Iterator[Vendor]:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with PLAYS[kind]() as vendor:
        yield vendor
    assert vendor.problems == []


def gateway(kind: str, vendor: Vendor, **fields: Any) -> SmsGateway:
    wanted = {
        "tenant": Tenant(code="000000"),
        "kind": kind,
        "key_id": KEY_ID,
        "secret": Secret.of(SECRET),
        "app_id": "1400006666",
        "sign_name": "虎符",
        "template": "SMS_1" if kind == "aliyun" else "1110",
        "endpoint": vendor.endpoint,
        **fields,
    }
    return SmsGateway(**wanted)


def failure_of(row: SmsGateway, message: SmsMessage = MESSAGE) -> GatewayError:
    """How sending fails."""
    with pytest.raises(GatewayError) as caught:
        open_gateway(row).send(message)
    return caught.value


@pytest.mark.parametrize("kind", ["aliyun"])
def test_aliyun_gets_what_its_document_says(kind: str, vendor: Vendor) -> None:
    assert open_gateway(gateway(kind, vendor)).send(MESSAGE) == "134523^4351232"
    [sent] = vendor.messages
    assert (sent["PhoneNumbers"], sent["SignName"], sent["TemplateCode"]) == ("13800138000", "虎符", "SMS_1")
    assert json.loads(sent["TemplateParam"]) == {"code": "042137"}


@pytest.mark.parametrize("kind", ["aliyun"])
def test_aliyun_gets_foreign_numbers_with_their_country(kind: str, vendor: Vendor) -> None:
    row = gateway(kind, vendor, template_parameters='{"c": "{code}", "m": "{minutes}", "n": 1}')
    open_gateway(row).send(SmsMessage("+85251234567", "042137"))
    [sent] = vendor.messages
    assert sent["PhoneNumbers"] == "85251234567"
    assert json.loads(sent["TemplateParam"]) == {"c": "042137", "m": "5", "n": 1}


@pytest.mark.parametrize("kind", ["tencent"])
def test_tencent_gets_what_its_document_says(kind: str, vendor: Vendor) -> None:
    row = gateway(kind, vendor, template_parameters='["{code}", "{minutes}"]')
    assert open_gateway(row).send(MESSAGE) == "5000:1045710669157053657849499619"
    [sent] = vendor.messages
    assert (sent["PhoneNumberSet"], sent["SmsSdkAppId"]) == (["+8613800138000"], "1400006666")
    assert (sent["SignName"], sent["TemplateId"], sent["TemplateParamSet"]) == ("虎符", "1110", ["042137", "5"])
    assert sent["region"] == "ap-guangzhou"


@with_each_vendor
def test_no_log_tells_a_code_at_any_level(kind: str, vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    open_gateway(gateway(kind, vendor)).send(MESSAGE)
    assert len(vendor.messages) == 1
    assert "042137" not in caplog.text
    assert "13800138000" not in caplog.text


@with_each_vendor
def test_a_wrong_secret_or_key_is_what_the_vendor_calls_it(kind: str, vendor: Vendor) -> None:
    wrong_secret = failure_of(gateway(kind, vendor, secret=Secret.of("another"))).code
    wrong_key = failure_of(gateway(kind, vendor, key_id="another")).code
    assert (wrong_secret, wrong_key) == {
        "aliyun": ("SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound"),
        "tencent": ("AuthFailure.SignatureFailure", "AuthFailure.SecretIdNotFound"),
    }[kind]


# By the vendors' lists of error codes: what is about the number, and what another vendor may do better.
ERRORS = [
    ("aliyun", "isv.MOBILE_NUMBER_ILLEGAL", NumberRejectedError),
    ("aliyun", "isv.BUSINESS_LIMIT_CONTROL", NumberRejectedError),
    *(
        ("aliyun", code, GatewayError)
        for code in (
            *("isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "isv.DAY_LIMIT_CONTROL", "isv.SMS_SIGNATURE_ILLEGAL"),
            *("isv.SMS_TEMPLATE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.BLACK_KEY_CONTROL_LIMIT"),
            *("isp.RAM_PERMISSION_DENY", "isp.SYSTEM_ERROR", "Throttling.User"),
        )
    ),
    *(
        ("tencent", code, NumberRejectedError)
        for code in (
            *("FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber"),
            *("LimitExceeded.PhoneNumberDailyLimit", "LimitExceeded.PhoneNumberOneHourLimit"),
            *("LimitExceeded.PhoneNumberThirtySecondLimit", "LimitExceeded.PhoneNumberSameContentDailyLimit"),
        )
    ),
    *(
        ("tencent", code, GatewayError)
        for code in (
            *("FailedOperation.InsufficientBalanceInSmsPackage", "FailedOperation.TemplateIncorrectOrUnapproved"),
            *("FailedOperation.SignatureIncorrectOrUnapproved", "LimitExceeded.AppDailyLimit"),
            *("LimitExceeded.DailyLimit", "InternalError.SendAndRecvFail", "RequestLimitExceeded"),
        )
    ),
]


@pytest.mark.parametrize(("kind", "code", "error"), ERRORS, ids=[code for _kind, code, _error in ERRORS])
def test_documented_errors_are_told_apart(kind: str, code: str, error: type[GatewayError], vendor: Vendor) -> None:
    vendor.refuse_with = code
    failed = failure_of(gateway(kind, vendor))
    assert (type(failed), failed.code) == (error, code)
    # The SDKs' own repetitions would send a message twice.
    assert vendor.asked == 1


@with_each_vendor
def test_a_vendors_word_is_one_word_of_the_log(kind: str, vendor: Vendor) -> None:
    vendor.refuse_with = "isv.X\n2026 INFO forged=1"
    assert failure_of(gateway(kind, vendor)).code == "isv.X?2026?INFO?forged?1"


def nonsense() -> Iterable[bytes]:
    return [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"]


def empty_json() -> Iterable[bytes]:
    return [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"]


def fault_500() -> Iterable[bytes]:
    return [b"HTTP/1.1 500 X\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"]


def hang_up() -> Iterable[bytes]:
    return []


@with_each_vendor
@pytest.mark.parametrize("fault", [nonsense, empty_json, fault_500, hang_up])
def test_a_broken_vendor_has_failed_and_nothing_else(
    fault: Callable[[], Iterable[bytes]], kind: str, vendor: Vendor
) -> None:
    vendor.fault = fault
    failed = failure_of(gateway(kind, vendor))
    assert type(failed) is GatewayError
    assert failed.code
    assert "13800138000" not in str(failed)
    assert "042137" not in str(failed)


@with_each_vendor
def test_a_silent_vendor_has_failed_in_time(kind: str, vendor: Vendor, settings: Any) -> None:
    settings.OUTBOUND_SECONDS = 1

    def silent() -> Iterable[bytes]:
        time.sleep(2)
        return []

    vendor.fault = silent
    assert failure_of(gateway(kind, vendor)).code == "timed_out"


@with_each_vendor
def test_a_vendor_that_nobody_plays_is_unreachable(kind: str, vendor: Vendor) -> None:
    assert failure_of(gateway(kind, vendor, endpoint="127.0.0.1:1")).code == "unreachable"


@pytest.mark.parametrize(
    ("kind", "module", "package"),
    [
        ("aliyun", "alibabacloud_dysmsapi20170525", "alibabacloud-dysmsapi20170525"),
        ("tencent", "tencentcloud.sms.v20210111", "tencentcloud-sdk-python-sms"),
    ],
)
def test_a_missing_package_is_named(
    kind: str, module: str, package: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # What an `import` of it then raises is ImportError.
    failed = failure_of(gateway(kind, vendor))
    assert (failed.code, failed.detail) == ("not_installed", package)


@with_each_vendor
@pytest.mark.parametrize(
    "endpoint",
    [
        *("10.0.0.1", "169.254.169.254", "localhost", "evil.example", "aliyuncs.com.evil.example", "[::1]:80"),
        *("evil.example/dysmsapi.aliyuncs.com", "user@sms.tencentcloudapi.com", "dysmsapi.aliyuncs.com:8080", "a b"),
    ],
)
def test_an_endpoint_leads_to_the_vendor_alone(endpoint: str, kind: str, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    row = gateway(kind, Vendor(), endpoint=endpoint)
    assert "endpoint" in problems_of(row)
    assert failure_of(row).code == "misconfigured"


@with_each_vendor
def test_loopback_is_called_only_where_the_operator_allows_it(kind: str, vendor: Vendor, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = []
    assert failure_of(gateway(kind, vendor)).code == "misconfigured"
    assert vendor.asked == 0


def test_nobody_waits_longer_for_a_vendor_than_for_anything_outside(settings: Any) -> None:
    assert answer_seconds() == 5
    settings.OUTBOUND_SECONDS = 2
    assert answer_seconds() == 2


@pytest.mark.parametrize(("kind", "wrong"), [("aliyun", '{"a": "123456"}'), ("tencent", '["123456", "{minutes}"]')])
def test_parameters_without_the_code_are_found(kind: str, wrong: str) -> None:
    row = gateway(kind, Vendor(), endpoint="", template_parameters=wrong)
    assert list(problems_of(row)) == ["template_parameters"]


def test_the_usual_endpoints_are_good() -> None:
    for kind in PLAYS:
        assert problems_of(gateway(kind, Vendor(), endpoint="")) == {}
    assert problems_of(gateway("aliyun", Vendor(), endpoint="dysmsapi.ap-southeast-1.aliyuncs.com")) == {}


def test_a_secret_that_no_key_opens_is_a_failure() -> None:
    assert failure_of(gateway("tencent", Vendor(), endpoint="", secret=Secret("gAAAAA"))).code == "misconfigured"


def test_a_sender_shows_no_secret() -> None:
    for kind in PLAYS:
        assert SECRET not in repr(open_gateway(gateway(kind, Vendor(), endpoint="")))
    assert MESSAGE.code not in repr(MESSAGE)
