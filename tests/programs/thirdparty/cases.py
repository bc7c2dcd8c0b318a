"""All cases, field by field."""

from thirdparty import (
    astronomy,
    chemistry,
    control,
    games,
    geodesy,
    networks,
    numerics,
)

MODULES = [chemistry, geodesy, astronomy, control, games, networks, numerics]
CASES = [case for module in MODULES for case in module.CASES]
