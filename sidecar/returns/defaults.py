"""The mappings a new shop starts with, all editable (DESIGN 4.1, 4.2; ``contracts/zigzag.md``, Words -> milestones)."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

from sidecar.returns.model import Disposition, GradeRule, Mappings

GRADES = MappingProxyType(
    {
        "A": GradeRule(Fraction(100), Disposition.RESTOCK),
        "B": GradeRule(Fraction(100), Disposition.QUARANTINE),
        "C": GradeRule(Fraction(50), Disposition.SCRAP),
        "D": GradeRule(Fraction(0), Disposition.SCRAP),
    }
)

ORDER_STATUSES = MappingProxyType(
    {
        "Requested": "requested",
        "Created": "requested",
        "Pending": "requested",
        "Approved": "approved",
        "Authorised": "approved",
        "Authorized": "approved",
        "Graded": "graded",
        "Restocked": "restocked",
        "Closed": "closed",
        "Completed": "closed",
        "Cancelled": "cancelled",
        "Canceled": "cancelled",
        "Expired": "cancelled",
        "Rejected": "rejected",
        "Declined": "rejected",
    }
)

TRACKING_STATUSES = MappingProxyType(
    {
        "Label Created": "label_created",
        "Booked": "label_created",
        "In Transit": "in_transit",
        "Collected": "in_transit",
        "Carrier Scan": "in_transit",
        "Dropped Off": "in_transit",
        "At Hub": "at_hub",
        "Arrived At Hub": "at_hub",
        "Consolidated": "at_hub",
        "Received": "received",
        "Delivered To Warehouse": "received",
        "Graded": "graded",
        "Inspected": "graded",
        "Restocked": "restocked",
    }
)

DEFAULT_MAPPINGS = Mappings(
    grades=GRADES,
    scan_units=MappingProxyType({"*": "primary"}),
    return_options=MappingProxyType({"": "refund", "1": "refund"}),
    order_statuses=ORDER_STATUSES,
    tracking_statuses=TRACKING_STATUSES,
)
