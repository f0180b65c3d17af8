"""django-oauth-toolkit's own views and classes, taught our tokens. oauthlib is imported nowhere else."""
