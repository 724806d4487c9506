"""A stand-in of OroCommerce with the returns bundle: contracts/oro.md and contracts/bundle.md over real HTTP."""

from sidecar.sandbox.oro.app import create_app
from sidecar.sandbox.oro.faults import Fault
from sidecar.sandbox.oro.seeding import LineSpec, OrderIds, ProductIds
from sidecar.sandbox.oro.server import OroServer, serve
from sidecar.sandbox.oro.shop import OroShop

__all__ = ["Fault", "LineSpec", "OrderIds", "OroServer", "OroShop", "ProductIds", "create_app", "serve"]
