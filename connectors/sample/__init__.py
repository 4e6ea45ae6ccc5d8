"""The made-up company: fact files of any size, the same bytes for the same arguments."""
