"""Readers: files as they were sent become tables of text cells with line numbers."""
