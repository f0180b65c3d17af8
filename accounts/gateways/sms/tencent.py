"""Tencent Cloud's SMS service (SendSms, 2021-01-11) through its official SDK, which is imported when it is first used.

The SDK signs with TC3-HMAC-SHA256. Install it: pip install -r requirements-sms.txt
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.gateways.sms.base import (
    GatewayError,
    Kind,
    SmsMessage,
    answer_seconds,
    as_word,
    failure,
)
from accounts.gateways.sms.cloud import Cloud, CloudAccount

CLOUD = Cloud(
    domain="tencentcloudapi.com",
    region="ap-guangzhou",
    endpoint="sms.tencentcloudapi.com",
    parameters='["{code}"]',
    form=list,
    example=_('A JSON array, such as ["{code}"] or ["{code}", "{minutes}"].'),
)
# About the number itself, or how often it was sent to: another vendor shall not go round that.
REJECTED = frozenset(
    {
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.PhoneNumberParseFail",
        "InvalidParameterValue.IncorrectPhoneNumber",
        "LimitExceeded.DeliveryFrequencyLimit",
        "LimitExceeded.PhoneNumberDailyLimit",
        "LimitExceeded.PhoneNumberOneHourLimit",
        "LimitExceeded.PhoneNumberSameContentDailyLimit",
        "LimitExceeded.PhoneNumberThirtySecondLimit",
    }
)


@dataclass(frozen=True, slots=True)
class TencentSender:
    account: CloudAccount

    def send(self, message: SmsMessage) -> str:
        models, open_client, vendors_error = self._import()
        request = models.SendSmsRequest()
        request.PhoneNumberSet = [message.phone]
        request.SmsSdkAppId = self.account.app_id
        request.SignName = self.account.sign_name
        request.TemplateId = self.account.template
        request.TemplateParamSet = [str(value) for value in message.fill_all(self.account.parameters)]
        try:
            statuses = open_client().SendSms(request).SendStatusSet
        except vendors_error as error:
            raise _read_error(error) from None
        if not statuses:
            raise GatewayError("no_answer")
        status = statuses[0]
        if status.Code != "Ok":
            raise failure(str(status.Code), str(status.Message or ""), REJECTED)
        return as_word(str(status.SerialNo or ""))

    def _import(self) -> tuple[Any, Callable[[], Any], type[Exception]]:
        try:
            from tencentcloud.common.credential import Credential  # noqa: PLC0415 - an optional package
            from tencentcloud.common.exception.tencent_cloud_sdk_exception import (  # noqa: PLC0415
                TencentCloudSDKException,
            )
            from tencentcloud.common.profile.client_profile import ClientProfile  # noqa: PLC0415
            from tencentcloud.common.profile.http_profile import HttpProfile  # noqa: PLC0415
            from tencentcloud.sms.v20210111 import models  # noqa: PLC0415
            from tencentcloud.sms.v20210111.sms_client import SmsClient  # noqa: PLC0415
        except ImportError:
            raise GatewayError("not_installed", "tencentcloud-sdk-python-sms") from None

        def open_client() -> Any:
            http = HttpProfile(
                protocol=self.account.scheme, endpoint=self.account.endpoint, reqTimeout=answer_seconds()
            )
            return SmsClient(
                Credential(self.account.key_id, self.account.secret),
                self.account.region,
                ClientProfile(httpProfile=http),
            )

        return models, open_client, TencentCloudSDKException


def _read_error(error: Any) -> GatewayError:
    """The vendor's code, or what became of the connection: the SDK names that by the class of an exception.

    What broke on the way has no request id, and its text may show what was sent.
    """
    code, text = str(error.code or ""), str(error.message or "")
    if error.requestId:
        return failure(code, text, REJECTED)
    return GatewayError("timed_out" if "timed out" in text.lower() else "unreachable", code)


TENCENT = Kind(
    # Without the dots: the vendor's other services share the rest of its name.
    module="tencentcloud",
    package="tencentcloud-sdk-python-sms",
    needed=("key_id", "secret", "app_id", "sign_name", "template"),
    check=CLOUD.check,
    open=lambda row: TencentSender(CLOUD.read(row)),
    advice={
        "not_installed": _("On the server: pip install -r requirements-sms.txt, then restart Hufu."),
        "AuthFailure.SecretIdNotFound": _("Tencent Cloud does not know this SecretId. Copy it again from its page."),
        "AuthFailure.SignatureFailure": _("The SecretKey is not this SecretId's. Type it in again."),
        "AuthFailure.SignatureExpire": _("The clock of this server is wrong."),
        "AuthFailure.UnauthorizedOperation": _("Give this SecretId the right QcloudSMSFullAccess (CAM)."),
        "FailedOperation.SignatureIncorrectOrUnapproved": _(
            "Tencent Cloud does not know this signature, or has not approved it."
        ),
        "FailedOperation.TemplateIncorrectOrUnapproved": _(
            "Tencent Cloud does not know this template, or has not approved it."
        ),
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": _(
            "The template has another number of variables than the template parameters."
        ),
        "FailedOperation.InsufficientBalanceInSmsPackage": _("The SMS package at Tencent Cloud is used up."),
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail": _("This SdkAppId is not this account's."),
        "FailedOperation.PhoneNumberInBlacklist": _("This number does not want messages. Try another one."),
        "InvalidParameterValue.IncorrectPhoneNumber": _("Tencent Cloud says that this is no phone number."),
        "LimitExceeded.PhoneNumberDailyLimit": _(
            "This number got too many messages of late. Try another one, or tomorrow."
        ),
        "LimitExceeded.PhoneNumberOneHourLimit": _(
            "This number got too many messages of late. Try another one, or tomorrow."
        ),
        "LimitExceeded.PhoneNumberThirtySecondLimit": _(
            "This number got too many messages of late. Try another one, or tomorrow."
        ),
    },
)
