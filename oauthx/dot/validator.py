"""What django-oauth-toolkit asks about tokens, answered for ours. It must not know dialects or grants."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator


class TokenValidator(OAuth2Validator):
    """The toolkit's validator for access tokens that are JWTs, whichever dialect issued them."""

    def validate_jwt_bearer_token(self, token: str, scopes: Any, request: Any) -> bool:
        """Whether this access token stands (`AccessToken.is_valid`).

        WORKAROUND(oauthlib 3.3.1): it takes every bearer token that looks like a JWT for an ID token.
        """
        return bool(self.validate_bearer_token(token, scopes, request))  # type: ignore[no-untyped-call]
