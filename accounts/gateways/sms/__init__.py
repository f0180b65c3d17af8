"""The vendors that send SMS codes, behind one Protocol. They must not know people, clients or the table of codes."""

from accounts.gateways.sms.base import GatewayError, NumberRejectedError, SmsMessage, SmsSender
from accounts.gateways.sms.kinds import KINDS, open_gateway, problems_of

__all__ = ["KINDS", "GatewayError", "NumberRejectedError", "SmsMessage", "SmsSender", "open_gateway", "problems_of"]
