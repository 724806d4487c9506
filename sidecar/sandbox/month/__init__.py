"""A month of returns in a wholesaler's shop, with every trouble the bridge is built for, and what must come of it.

The expectations are written by hand beside each story: nothing here is computed by the rules of the product.
"""
