"""Telling the owner, in words, what a person must know or decide. Ids and counts only: never an address."""

from functions.observability import logger


def tell(subject: str, text: str) -> None:
    """Say it in the log."""
    logger.warning("alert", subject=subject, text=text)
