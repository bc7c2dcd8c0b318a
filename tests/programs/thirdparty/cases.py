"""All cases, field by field."""

from thirdparty import (
    astronomy,
    chemistry,
    control,
    games,
    geodesy,
    networks,
    numerics,
    process,
)

MODULES = [chemistry, geodesy, astronomy, control, games, networks, numerics, process]
CASES = [case for module in MODULES for case in module.CASES]
