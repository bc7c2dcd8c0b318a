"""All cases, field by field."""

from thirdparty import (
    astronomy,
    chemistry,
    control,
    earth,
    finance,
    games,
    geodesy,
    interpreters,
    learning,
    molecules,
    networks,
    numerics,
    process,
    robotics,
    sound,
    structures,
    waves,
)

MODULES = [
    chemistry,
    molecules,
    geodesy,
    astronomy,
    earth,
    control,
    robotics,
    sound,
    structures,
    games,
    networks,
    numerics,
    process,
    waves,
    finance,
    learning,
    interpreters,
]
CASES = [case for module in MODULES for case in module.CASES]
