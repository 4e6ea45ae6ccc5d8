"""Declarations of the feeds, one file a subject."""
