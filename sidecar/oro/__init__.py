"""OroCommerce's words: the JSON:API client, orders and levels (reading), documents and postings (writing)."""
