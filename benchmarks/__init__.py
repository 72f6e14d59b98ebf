"""Measurements: how fast, how much memory, how it grows, and whether kills lose anything."""
