"""Faults for real: processes, servers and messages die; the stored values end the same."""
