"""The standard endpoints beside `/connect/token`: introspection, revocation, userinfo. They must not know grants."""
