"""Lets a device without a browser in: the endpoint and the person's pages (RFC 8628). It must not know tokens."""
