"""Imports and exports of rows as XLSX and CSV: reading, checking, storing, writing. It must not know any model."""
