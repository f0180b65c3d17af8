"""Helps people to connect an application: what kind it is, and how it calls. It must not know pages."""
