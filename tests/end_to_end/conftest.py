"""One Redis-compatible server for the whole run."""

from tests.support.valkey import redis_url

__all__ = ["redis_url"]
