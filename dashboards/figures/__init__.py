"""Figures: pure functions of plain values that return a `Figure` with its title, unit, table and source."""
