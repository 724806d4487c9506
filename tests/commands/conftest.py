"""One Redis-compatible server for all of them."""

from tests.support.valkey import redis_url

__all__ = ["redis_url"]
