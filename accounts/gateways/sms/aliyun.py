"""Alibaba Cloud's SMS service (Dysmsapi, SendSms) through its official SDK, which is imported when it is first used.

The SDK signs with ACS3-HMAC-SHA256. Install it: pip install -r requirements-sms.txt
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.base import (
    CONNECT_SECONDS,
    GatewayError,
    Kind,
    SmsMessage,
    answer_seconds,
    as_word,
    failure,
)
from accounts.gateways.sms.cloud import Cloud, CloudAccount
from accounts.phones import national_digits

CLOUD = Cloud(
    domain="aliyuncs.com",
    region="cn-hangzhou",
    endpoint="dysmsapi.aliyuncs.com",
    parameters='{"code": "{code}"}',
    form=dict,
    example=_('A JSON object, such as {"code": "{code}"}.'),
)
CHINA = 86
# About the number itself, or how often it was sent to: another vendor shall not go round that.
REJECTED = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "isv.PHONE_NUMBER_ILLEGAL", "isv.BUSINESS_LIMIT_CONTROL"})


@dataclass(frozen=True, slots=True)
class AliyunSender:
    account: CloudAccount

    def send(self, message: SmsMessage) -> str:
        models, runtime_options, open_client = self._import()
        request = models.SendSmsRequest(
            phone_numbers=_number(message.phone),
            sign_name=self.account.sign_name,
            template_code=self.account.template,
            template_param=json.dumps(message.fill_all(self.account.parameters), ensure_ascii=False),
        )
        try:
            answer = open_client().send_sms_with_options(request, runtime_options).body
        except Exception as error:  # noqa: BLE001 - see below
            # The SDK passes on whatever its HTTP library and a broken answer raise; its own have the vendor's code.
            raise _read_error(error) from None
        code = str(getattr(answer, "code", "") or "no_answer")
        if code != "OK":
            raise failure(code, str(getattr(answer, "message", "") or ""), REJECTED)
        return as_word(str(answer.biz_id or ""))

    def _import(self) -> tuple[Any, Any, Callable[[], Any]]:
        try:
            from alibabacloud_dysmsapi20170525 import models  # noqa: PLC0415 - an optional package
            from alibabacloud_dysmsapi20170525.client import Client  # noqa: PLC0415
            from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415
            from darabonba.runtime import RuntimeOptions  # noqa: PLC0415
        except ImportError:
            raise GatewayError("not_installed", "alibabacloud-dysmsapi20170525") from None
        config = Config(
            access_key_id=self.account.key_id,
            access_key_secret=self.account.secret,
            region_id=self.account.region,
            endpoint=self.account.endpoint,
            protocol=self.account.scheme.upper(),
        )
        runtime = RuntimeOptions(
            autoretry=False, connect_timeout=CONNECT_SECONDS * 1000, read_timeout=answer_seconds() * 1000
        )
        return models, runtime, lambda: Client(config)


def _number(phone: str) -> str:
    """As the vendor wants it: 11 digits in mainland China, else the country code and the digits."""
    country, digits = national_digits(phone)
    return digits if country == CHINA else f"{country}{digits}"


def _read_error(error: Exception) -> GatewayError:
    code = getattr(error, "code", None)
    # The SDK's message may repeat the address it called, with the number in it: only its own errors' are kept.
    if isinstance(code, str) and code and code != "None" and hasattr(error, "status_code"):
        return failure(code, str(getattr(error, "message", "")), REJECTED)
    name = type(error).__name__
    return GatewayError("timed_out" if "timeout" in f"{name} {error}".lower() else "unreachable", name)


ALIYUN = Kind(
    module="alibabacloud_dysmsapi20170525",
    package="alibabacloud-dysmsapi20170525",
    needed=("key_id", "secret", "sign_name", "template"),
    check=CLOUD.check,
    open=lambda row: AliyunSender(CLOUD.read(row)),
    advice={
        "not_installed": _("On the server: pip install -r requirements-sms.txt, then restart Hufu."),
        "InvalidAccessKeyId.NotFound": _("Aliyun does not know this AccessKey ID. Copy it again from its page."),
        "SignatureDoesNotMatch": _("The AccessKey Secret is not this AccessKey's. Type it in again."),
        "isv.SMS_SIGNATURE_ILLEGAL": _("Aliyun does not know this signature, or has not approved it."),
        "isv.SMS_TEMPLATE_ILLEGAL": _("Aliyun does not know this template, or has not approved it."),
        "isv.TEMPLATE_MISSING_PARAMETERS": _("The template has a variable that the template parameters do not fill."),
        "isv.AMOUNT_NOT_ENOUGH": _("The account with Aliyun has no money left."),
        "isv.OUT_OF_SERVICE": _("The account with Aliyun has no money left."),
        "isp.RAM_PERMISSION_DENY": _("Give this AccessKey the right AliyunDysmsFullAccess (RAM)."),
        "isv.MOBILE_NUMBER_ILLEGAL": _("Aliyun says that this is no mobile number that it can send to."),
        "isv.BUSINESS_LIMIT_CONTROL": _("This number got too many messages of late. Try another one, or tomorrow."),
        "isv.DAY_LIMIT_CONTROL": _("The daily limit set at Aliyun is used up."),
    },
)
