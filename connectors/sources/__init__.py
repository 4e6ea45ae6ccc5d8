"""Connectors: each a small pure translation of foreign files into feeds."""
