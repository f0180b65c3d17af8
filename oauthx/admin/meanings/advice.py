"""What to do, where many reasons ask for the same."""

from django.utils.translation import gettext_lazy as _

ACTIVATE_TENANT = _("Activate or prolong the tenant, if it should be in use.")
AGAIN = _("Let the person sign in again.")
DIRECTORY_PERSON = _("An administrator of the Active Directory has to change that; nothing here can.")
GUESSING = _("Nothing, if it stays at a few. In numbers somebody is guessing: look at the address.")
LATER = _("Try again later. If it goes on, look into the log.")
LEAK = _("One such event is a reload or a retry of the app. Many of them: look for a leak.")
MIXED = _("The app mixes its settings, or the token was stolen: ask its programmers.")
NEW_CODE = _("Let the person ask for a new SMS code.")
NOTHING = _("Nothing.")
PROGRAMMERS = _("Tell the app's programmers.")
RAISE_SMS = _(
    "Raise the limit on the tenant's page, if people wanted all of them; otherwise somebody annoys "
    "people: look at phones and addresses."
)
SETTING = _("Compare the app's setting with the client's page.")
TEST_DIRECTORY = _("Press Test connection on the directory's page: it says what is wrong.")
TEST_SMS = _("Press Test connection on the SMS gateway's page, and read the log.")
TEST_WECHAT = _("Press Test connection on the WeChat app's page: it says what is wrong.")
WECHAT_AGAIN = _("Let the person start the WeChat sign-in again.")
