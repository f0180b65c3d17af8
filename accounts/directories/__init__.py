"""What the people of a tenant's directories become here: who is admitted, and how they are kept up to date.

It must not know LDAP (`accounts/gateways/directory.py` does), tokens or wire names.
"""
