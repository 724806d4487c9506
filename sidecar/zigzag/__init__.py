"""ZigZag's words: snapshot, client, webhook credential and file feed (``contracts/zigzag.md``)."""
