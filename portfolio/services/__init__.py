"""Writes with a rule: every change of facts goes through `facts_write`."""
