"""Hufu's settings, for the benchmark of the login history: with the addresses of the stock page too."""

from config.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "tests.benchmarks.history_urls"
# What the pages themselves take, not the log of it.
LOGGING_CONFIG = None
ALLOWED_HOSTS = ["testserver"]
SECURE_SSL_REDIRECT = False
