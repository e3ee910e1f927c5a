"""Where the lab keeps what it makes."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache" / "lab"
IMAGES = Path(__file__).resolve().parent / "images"


def state_of(lab: str) -> Path:
    """The directory of one lab's own files (known hosts)."""
    return CACHE / lab


def inventory_of(lab: str) -> Path:
    """The inventory directory of a lab: `inventories/lab`, or `inventories/lab-<name>`."""
    return CHECKOUT / "inventories" / ("lab" if lab == "lab" else f"lab-{lab}")
