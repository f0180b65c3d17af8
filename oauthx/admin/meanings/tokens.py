"""Why a code or a refresh token was refused, and how a session came to its end."""

from django.utils.translation import gettext_lazy as _

from accounts.explanations import Meanings
from oauthx.admin.meanings.advice import AGAIN, GUESSING, LEAK, MIXED, NOTHING, PROGRAMMERS

MEANINGS: Meanings = {
    "code_unknown": (_("There is no such authorization code: it was invented, or cleaned up long ago."), GUESSING),
    "code_expired": (
        _("The authorization code was older than a minute."),
        _("Tell the app's programmers: the app exchanges the code at once."),
    ),
    "code_replayed": (
        _("The authorization code had been used before: two hold it. The session that it brought was ended."),
        LEAK,
    ),
    "code_of_another_client": (_("The authorization code was issued to another client."), MIXED),
    "code_of_another_tenant": (_("The authorization code was issued for another tenant."), MIXED),
    "code_redirect_mismatch": (_("The redirect URI is another one than at the beginning of the sign-in."), PROGRAMMERS),
    "code_verifier_mismatch": (
        _("The PKCE verifier is missing or wrong: whoever brought the code did not begin the sign-in."),
        _("Tell the app's programmers. If the app is in order, the code was stolen."),
    ),
    "device_code_unknown": (_("There is no such device code: it was invented, or ended meanwhile."), GUESSING),
    "device_code_expired": (
        _("Nobody decided within ten minutes, or the device came too late."),
        _("Let the person start again on the device."),
    ),
    "device_code_replayed": (
        _("The device code had been used before: two hold it. The session that it brought was ended."),
        LEAK,
    ),
    "device_code_of_another_client": (_("The device code was issued to another client."), MIXED),
    "device_code_of_another_tenant": (_("The device code was issued for another tenant."), MIXED),
    "access_denied": (_("The person was asked and did not agree."), NOTHING),
    "refresh_unknown": (
        _("There is no such refresh token: an access token, one of an older server, or one long cleaned up."),
        AGAIN,
    ),
    "refresh_expired": (_("The refresh token's lifetime is over."), AGAIN),
    "refresh_revoked": (
        _("The session was ended before: by a logout, an administrator, a new password, or a replay."),
        AGAIN,
    ),
    "refresh_replayed": (
        _("The refresh token had been used before: two hold it. The session was ended."),
        _(
            "One such event: two tabs or a lost answer, which refresh_reuse_seconds of the client forgives. Many:"
            " look for a leak."
        ),
    ),
    "refresh_of_another_client": (_("The refresh token was issued to another client."), MIXED),
    "refresh_of_another_dialect": (_("The refresh token was issued at another endpoint."), MIXED),
    "refresh_of_another_tenant": (_("The refresh token was issued for another tenant."), MIXED),
    "revoked": (_("The client gave its token back."), NOTHING),
    "console": (_("An administrator did it in the console: “done by” says who."), NOTHING),
    "consent_withdrawn": (_("The person no longer allows the application, and its session ended with that."), NOTHING),
}
