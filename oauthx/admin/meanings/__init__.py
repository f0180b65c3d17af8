"""What each reason of a token request means, in plain words, and what to do. It must not know how they come about.

The short names stand in `oauthx/admin/names.py`; docs/errors.md says it to programmers.
"""

from accounts.explanations import Meanings
from oauthx.admin.meanings import clients, directory, requests, sms, tokens, wechat

MEANINGS: Meanings = {
    **clients.MEANINGS,
    **directory.MEANINGS,
    **requests.MEANINGS,
    **sms.MEANINGS,
    **tokens.MEANINGS,
    **wechat.MEANINGS,
}
