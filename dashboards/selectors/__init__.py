"""Reads that pages need beyond `metrics.selectors`: many scopes or many periods in few queries."""
