"""The authorization endpoint: an application sends a person here and gets a code. It must not know grants or tokens."""
