"""ZigZag's stand-in: a house that holds returns, answers over HTTP as the contract says, and sends webhooks.

It knows nothing of the product and uses only the standard library, so that a misreading there cannot hide
here.
"""

from sidecar.sandbox.zigzag.faults import Fault, Faults
from sidecar.sandbox.zigzag.house import ZigZagHouse
from sidecar.sandbox.zigzag.sender import Delivery, Sender
from sidecar.sandbox.zigzag.server import Handle, serve

__all__ = ["Delivery", "Fault", "Faults", "Handle", "Sender", "ZigZagHouse", "serve"]
