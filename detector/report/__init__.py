"""Verdicts to what people and programs read: terminal, CSV, JSON, JSON lines, Parquet."""
