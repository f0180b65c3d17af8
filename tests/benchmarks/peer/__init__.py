"""The peer: django-oauth-toolkit's stock token endpoint, tuned as its documentation allows."""
