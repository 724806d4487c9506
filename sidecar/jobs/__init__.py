"""RQ: the queue, the worker and the few functions it may run. Thin shells over ``sync``; retries live in the ledger."""
