"""Pages: one frozen dataclass each, with all that its template shows."""
