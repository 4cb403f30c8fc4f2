"""Tells good backlinks from bad."""
