"""Why a client was refused before anybody's password was looked at."""

from django.utils.translation import gettext_lazy as _

from accounts.explanations import Meanings
from oauthx.admin.meanings.advice import ACTIVATE_TENANT, MIXED, NOTHING, PROGRAMMERS, SETTING

MEANINGS: Meanings = {
    "credentials_repeated": (_("The client's credentials stand in two places of one request."), PROGRAMMERS),
    "basic_broken": (_("The header Authorization is not the base64 of client id and secret."), PROGRAMMERS),
    "client_missing": (_("The request brought no client credentials."), PROGRAMMERS),
    "client_rejected": (_("The client could not prove that it is the one."), SETTING),
    "client_unknown": (
        _("There is no client with this id."),
        _("Compare the app's setting. Otherwise somebody is probing: look at the addresses."),
    ),
    "client_disabled": (
        _("The client's secret was right, but the client is not active."),
        _("Activate the client, if it should be in use."),
    ),
    "client_is_public": (
        _("The client has no secret, and what it asked for needs one."),
        _("Make the client confidential, if it can keep a secret."),
    ),
    "client_secret_missing": (_("The client sent no secret, and it has one."), SETTING),
    "client_secret_mismatch": (
        _("The client's secret was wrong."),
        _("Compare the app's setting. After a rotation the old secret works until its time is over."),
    ),
    "client_secret_unexpected": (
        _("A public client sent a secret."),
        _("Remove the secret from the app, or make the client confidential."),
    ),
    "client_method_mismatch": (
        _("The client proves itself in another way than its page says: by a secret or by a key of its own."),
        SETTING,
    ),
    "client_assertion_missing": (_("A client with a key of its own sent no signed assertion."), PROGRAMMERS),
    "client_assertion_malformed": (
        _("The client's assertion is no JWT of the right kind, or a claim is missing."),
        PROGRAMMERS,
    ),
    "client_assertion_mismatch": (_("The assertion speaks for another client than the request names."), PROGRAMMERS),
    "client_assertion_untimely": (
        _("The assertion has expired, is not valid yet, or is valid for more than an hour."),
        _("Compare the clocks of the two servers; 30 seconds are forgiven."),
    ),
    "client_assertion_audience": (
        _("The assertion was made for another server than this one."),
        _("Compare the app's audience with the issuer in discovery; ISSUER_URL may be missing."),
    ),
    "client_assertion_signature": (
        _("No key of the client has made the assertion's signature."),
        _("Compare the client's key set. In numbers somebody is probing."),
    ),
    "client_assertion_replayed": (
        _("The same assertion came before."),
        _("The app must sign anew for each request, a repeated one too. Otherwise somebody has read its requests."),
    ),
    "client_keys_unavailable": (
        _("The address of the client's keys did not answer."),
        _("The log says why: the address, a firewall, or OUTBOUND_PRIVATE_NETWORKS."),
    ),
    "dialect_not_allowed": (
        _("The client may not use this endpoint."),
        _("Tick the endpoint on the client's page, if it should."),
    ),
    "grant_unsupported": (_("This endpoint does not know the grant type."), PROGRAMMERS),
    "grant_not_allowed": (
        _("The client may not use this grant type."),
        _("Tick the grant type on the client's page, if it should."),
    ),
    "scope_refused": (
        _("A scope was asked for that the client, the person or the refresh token does not have."),
        _("Add the scope on the client's page, or let the app ask for less."),
    ),
    "token_of_another_client": (_("The client handled a token that another client got."), MIXED),
    "tenant_missing": (
        _("It is not known which tenant the request is about."),
        _("Let the app send the tenant, or bind the client to one."),
    ),
    "tenant_mismatch": (
        _("The tenants in header, body and client do not agree."),
        _("Correct the app's setting: one tenant in all places."),
    ),
    "tenant_unknown": (_("There is no tenant with this code."), _("Correct the tenant's code in the app.")),
    "tenant_not_served": (
        _("The shared client may not serve this tenant."),
        _("Add the tenant on the client's page, if it should."),
    ),
    "tenant_disabled": (_("The tenant is not active."), ACTIVATE_TENANT),
    "tenant_expired": (_("The tenant's time is over."), ACTIVATE_TENANT),
    "main_account_mismatch": (
        _("The main account that was sent (tma) is not the tenant's."),
        _("Correct the app's setting, or the main account of the tenant."),
    ),
    "second_factor_required": (
        _("The password was right, but a second factor is required of this person, and this sign-in has none."),
        _(
            "Let the app use the browser login (authorization code); or ask a platform administrator to exempt the"
            " client."
        ),
    ),
    "second_factor_exempted": (
        _("A second factor is required of this person, but not of this client, which is exempt by name."),
        NOTHING,
    ),
    "md5_password_refused": (
        _("The app sent the password as MD5, which this tenant does not accept; it was not looked at."),
        _("Let the app use an endpoint that takes the plain password over TLS, or allow MD5 on the tenant's page."),
    ),
}
