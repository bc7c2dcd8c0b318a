"""All cases, field by field."""

from thirdparty import (
    astronomy,
    chemistry,
    control,
    games,
    geodesy,
    learning,
    networks,
    numerics,
    process,
)

MODULES = [chemistry, geodesy, astronomy, control, games, networks, numerics, process, learning]
CASES = [case for module in MODULES for case in module.CASES]
