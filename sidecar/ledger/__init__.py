"""The ledger: what arrived, what should be true, what was posted and who decided what. The only place with SQL.

Every function takes a ``Connection`` inside a transaction that its caller opened with ``Ledger.begin`` or
``Ledger.read``; nothing here commits, reads a clock or calls another system.
"""
