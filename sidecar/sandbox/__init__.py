"""Stand-ins of Oro and ZigZag that obey the contracts; nothing in the product imports them."""
