"""The dialects: one member for each document that client programmers hold. They know grants by name alone."""

from oauthx.dialects.ams import AMS_AUTH, KOM_AMS_AUTH
from oauthx.dialects.base import Dialect
from oauthx.dialects.cams import API_CAMS_AUTH, CAMS_AUTH
from oauthx.dialects.connect import CONNECT

DIALECTS: tuple[Dialect, ...] = (AMS_AUTH, KOM_AMS_AUTH, CAMS_AUTH, API_CAMS_AUTH, CONNECT)

__all__ = ["DIALECTS", "Dialect"]
