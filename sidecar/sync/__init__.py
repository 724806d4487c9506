"""The use-cases: what the bridge does, in terms of the rules, the ledger and the two upstreams."""
