"""The rules of a return: values in, values out. No clock, no network, no database, no environment."""
