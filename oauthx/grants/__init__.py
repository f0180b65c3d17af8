"""The grants: an explicit tuple, no discovery. A new one is one file here and one line below."""

from oauthx.grants.authorization_code import AuthorizationCodeGrant
from oauthx.grants.base import Grant
from oauthx.grants.captcha import CaptchaGrant
from oauthx.grants.client_credentials import ClientCredentialsGrant
from oauthx.grants.device_code import DeviceCodeGrant
from oauthx.grants.password import PasswordGrant
from oauthx.grants.password_ad import PasswordAdGrant
from oauthx.grants.refresh_token import RefreshTokenGrant
from oauthx.grants.sms import SmsGrant
from oauthx.grants.wechat import WechatGrant

GRANTS: tuple[Grant, ...] = (
    PasswordGrant(),
    CaptchaGrant(),
    RefreshTokenGrant(),
    ClientCredentialsGrant(),
    AuthorizationCodeGrant(),
    DeviceCodeGrant(),
    SmsGrant(),
    WechatGrant(),
    PasswordAdGrant(),
)

__all__ = ["GRANTS", "Grant"]
