"""The demo shop: what it sells, in which units, and the mapping file its people have written so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml


@dataclass(frozen=True)
class Article:
    """A product; ``units`` are unit code -> (how many of the primary unit, decimals), the primary one first."""

    sku: str
    units: dict[str, tuple[str, int]] = field(default_factory=lambda: {"each": ("1", 0)})
    status: str = "enabled"

    @property
    def primary(self) -> str:
        return next(iter(self.units))


ARTICLES = (
    Article("LAMP"),
    Article("GLOVE", {"each": ("1", 0), "case": ("50", 0), "pallet": ("1000", 0)}),
    Article("CUFF", {"each": ("1", 0), "case": ("20", 0)}),
    Article("WIRE", {"kg": ("1", 3), "reel": ("25", 0)}),
    Article("VALVE", {"each": ("1", 0), "case": ("10", 0)}),
    Article("DINNERSET", {"set": ("1", 0), "item": ("0.1", 0)}),
    Article("OLDLAMP", status="disabled"),
)

MAPPINGS = """\
grades:
  A: {credit_percent: 100, disposition: restock}
  B: {credit_percent: 100, disposition: quarantine}
  C: {credit_percent: 50, disposition: scrap}
  D: {credit_percent: 0, disposition: scrap}
warehouses:
  GB0064: {role: destination, oro_code: main}
  DE0001: {role: hub}
reasons:
  Too small: wrong_size
  Damaged: damaged_in_transit
fees:
  RETURN-FEE: {service_sku: SVC-RETURN, treatment: deduct}
  RESTOCK-FEE: {service_sku: SVC-RESTOCK, treatment: review}
scan_units:
  "*": primary
  VALVE: drum
  DINNERSET: item
return_options:
  "2": exchange
"""

# What people decide in the course of the month, when the flags have told them (kind, source, value).
DECISIONS: tuple[tuple[str, str, object], ...] = (
    ("scan_units", "CUFF", "case"),
    ("warehouses", "XX99", {"role": "destination", "oro_code": "main"}),
    ("grades", "E", {"credit_percent": 25, "disposition": "scrap"}),
)


def mapping_entries() -> list[tuple[str, str, object]]:
    """The mapping file as (kind, source, value)."""
    stated = yaml.safe_load(MAPPINGS)
    return [(kind, source, value) for kind, entries in stated.items() for source, value in entries.items()]
