"""The stand-ins held against the recordings in contracts/."""
