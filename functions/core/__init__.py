"""The pure core: what Samovar knows and decides, with no cloud, clock, chance or environment.

Everything here is a function of its arguments. The only imports beyond the standard
library are pydantic (authored definitions and wire payloads) and jinja2 (rendering).
"""
