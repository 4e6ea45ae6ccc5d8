"""Pure arithmetic of the metrics: numpy arrays in, numbers out; no Django, no clock, no database."""
