"""Imports and exports of people and their organisation. They must not know pages."""
