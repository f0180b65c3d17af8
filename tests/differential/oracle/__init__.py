"""The oracle: django-oauth-toolkit as it comes, with its own tables, in a process of its own."""
