"""`detector label`: label one's own threads, one key each."""


def label() -> None:
    """soon"""
