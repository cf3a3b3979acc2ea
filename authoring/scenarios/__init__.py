"""Scenarios: one person on a journey in virtual time, by the code that runs in production, and what is expected."""
