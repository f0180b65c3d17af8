"""Why a sign-in by WeChat was refused, or WeChat gave no answer."""

from django.utils.translation import gettext_lazy as _

from accounts.explanations import Meanings
from oauthx.admin.meanings.advice import LATER, NOTHING, PROGRAMMERS, SETTING, TEST_WECHAT, WECHAT_AGAIN

MEANINGS: Meanings = {
    "wechat_proofs_conflict": (_("The app sent a WeChat code and an identity together."), PROGRAMMERS),
    "wechat_app_missing": (
        _("Neither the client nor the request names a WeChat app."),
        _("Choose the WeChat app on the client's page."),
    ),
    "wechat_app_unknown": (
        _("The tenant has no WeChat app with this id."),
        _("Correct the app's id, or add it under WeChat apps."),
    ),
    "wechat_app_disabled": (
        _("The WeChat app is not active."),
        _("Activate it under WeChat apps, if it should be in use."),
    ),
    "wechat_vouching_refused": (
        _("The client said itself who the person is at WeChat, and may not."),
        _("Let the app send a WeChat code, or allow the client to vouch on its page."),
    ),
    "wechat_vouching_elsewhere": (_("The client may vouch for its own WeChat app alone, and named another."), SETTING),
    "wechat_vouching_untrusted": (
        _("Whoever allowed the client to vouch may do less than this person, so its word does not count for him."),
        _("Somebody who may do as much as the person allows it on the client's page; or let the app send a code."),
    ),
    "wechat_vouched": (_("The client itself said who the person is at WeChat; WeChat was not asked."), NOTHING),
    "wechat_not_bound": (
        _("WeChat knows the person, but here nobody is bound to that identity."),
        _("Bind it under Bound identities; or let the person bind it himself, where the tenant allows that."),
    ),
    "wechat_code_invalid": (
        _("WeChat does not know the code: it is of another app, or none at all."),
        _("Compare the WeChat app on the client's page with the app's; then sign in again."),
    ),
    "wechat_code_used": (_("The WeChat code came before: a retry or a reload."), WECHAT_AGAIN),
    "wechat_code_expired": (
        _("The WeChat code was older than WeChat allows."),
        _("Tell the app's programmers: the app exchanges the code at once."),
    ),
    "wechat_person_blocked": (
        _("WeChat takes this person for a high risk and has blocked him."),
        _("The person has to settle that with WeChat."),
    ),
    "wechat_person_virtual": (
        _("The person only looks at the page in WeChat and has agreed to nothing yet."),
        _("Tell the app's programmers: the person presses a button first."),
    ),
    "wechat_busy": (_("WeChat says that it is busy."), LATER),
    "wechat_rate_limited": (_("WeChat says that this app asks too often."), LATER),
    "wechat_lanes_full": (_("Too many sign-ins were waiting for WeChat already."), LATER),
    "wechat_unreachable": (
        _("WeChat could not be reached."),
        _("Look at the way to WeChat: name server, firewall, proxy."),
    ),
    "wechat_timed_out": (
        _("WeChat did not answer in time."),
        _("Look at the way to WeChat: name server, firewall, proxy."),
    ),
    "wechat_app_id_rejected": (_("WeChat does not know the app's id."), TEST_WECHAT),
    "wechat_secret_missing": (_("The WeChat app's secret is not entered."), _("Enter the secret under WeChat apps.")),
    "wechat_secret_unreadable": (
        _("The WeChat app's secret cannot be decrypted any more."),
        _("Enter the secret again under WeChat apps; KEY_ENCRYPTION_KEYS has lost a key."),
    ),
    "wechat_secret_rejected": (_("WeChat refused the app's secret."), TEST_WECHAT),
    "wechat_address_not_listed": (
        _("This server's address is not on the list that WeChat keeps for the app."),
        _("Add the server's address at WeChat."),
    ),
    "wechat_url_forbidden": (
        _("WECHAT_API_URL leads into a network that may not be called."),
        _("Correct WECHAT_API_URL, or name the network in OUTBOUND_PRIVATE_NETWORKS."),
    ),
    "wechat_answer_unusable": (
        _("What answered is not WeChat."),
        _("Look at WECHAT_API_URL, and at what stands on the way."),
    ),
    "wechat_refused": (
        _("WeChat refused with an error that has no name here."),
        _("The log has WeChat's code and its id of the request."),
    ),
    "bind_ticket_unknown": (_("There is no such bind ticket: it was invented, or cleaned up."), WECHAT_AGAIN),
    "bind_ticket_withdrawn": (
        _("The tenant no longer lets people bind WeChat themselves, or the WeChat app is no longer in use."),
        _("Allow it again on the tenant's page, if it should be so, and let the person start anew."),
    ),
    "bind_ticket_used": (_("The bind ticket had been used before."), WECHAT_AGAIN),
    "bind_ticket_expired": (_("The bind ticket's time is over."), WECHAT_AGAIN),
    "identity_bound_already": (
        _("The WeChat identity, or the person's place for one, is taken already."),
        _("Look under Bound identities, and unbind what is wrong."),
    ),
}
