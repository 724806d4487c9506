"""How people are told: a message as a value, and the channels that carry it. Nothing here knows the ledger."""
