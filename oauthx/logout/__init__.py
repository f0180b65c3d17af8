"""Signing out: the endpoint for it, and who else is told (OpenID Connect RP-Initiated, Front- and Back-Channel Logout).

It must not know grants or dialects.
"""
