"""Records one call of a function, and sweeps what was recorded.

Promises that the state of the thread is restored when the function raises, that levels of
differentiation never mix, and that a sweep leaves the program's memory as the program left it.
"""

import functools
from collections.abc import Callable, Iterable
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import AdjointError, MissingRule, is_ours
from adjoint.objects import fields_of
from adjoint.trace import natives, plain_types, refusals, replay, special_methods
from adjoint.trace.level import REWRITTEN, Level
from adjoint.trace.memory import keep_freed_memory
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import Recorder
from adjoint.trace.running import LEVELS, current

MOST_PARTS = 200
OF_TIER = ("adjoint.trace", "adjoint.rules", "adjoint.testing", "adjoint.spaces")
PROTOCOL = ("__array_finalize__", "__array_function__")  # called by what only makes views
HOOKS_CALL = ("numpy", "dataclasses")  # what the hooks call, or know to be harmless
NOT_LOOKED_INTO = (type, ModuleType, int, str, bytes, type(None))


def is_recording() -> bool:
    """True while a recorded function runs on this thread."""
    return bool(LEVELS.running)


def new_level() -> Level:
    outer = current()
    idle = LEVELS.idle.get(outer)
    if idle:
        return idle.pop()
    keep_freed_memory()
    return Level(outer)


def is_live(value: Any) -> bool:
    """True if a derivative of the innermost recording is attached to a number, array or list."""
    level = current()
    return level is not None and level.recorder.place(value) is not None


def unrecorded(function: Callable, *args: Any, **kwargs: Any) -> Any:
    """``function(*args, **kwargs)`` as if the innermost recording did not run.

    Recordings around it see the call.
    """
    running = LEVELS.running
    if not running:
        return function(*args, **kwargs)
    level = running.pop()
    try:
        outer = current()
        call = function if outer is None else functools.partial(outer.calls.call, function)
        return call(*args, **kwargs)
    except AdjointError as error:
        refusals.keep(level, error)
        raise
    finally:
        running.append(level)


def unknown(value: Any, error: MissingRule) -> None:
    """Note that the derivative of a number or array is not known: `error` if it is needed."""
    level = current()
    if level is not None:
        level.recorder.enter_unknown(value, error)


def reaches_live(value: Any) -> bool:
    """True if a live value of the innermost recording can be reached from `value`."""
    level = current()
    return level is not None and reachable(level.recorder, value)


def holds_live(values: list, depth: int = 2) -> bool:
    """True if one of `values`, or a part of a container or object among them, is live."""
    recorder = LEVELS.running[-1].recorder
    for value in values[:MOST_PARTS]:
        if isinstance(value, float):
            if id(value) in recorder.live:
                return True
        elif isinstance(value, np.ndarray):
            if value.dtype.kind in "fc" and recorder.is_live_array(value):
                return True
        elif depth and not isinstance(value, NOT_LOOKED_INTO):
            kind = list if isinstance(value, list) else tuple  # whose own methods run no program
            parts = list(kind.__iter__(value)) if isinstance(value, list | tuple) else []
            held = value if isinstance(value, dict) else fields_of(value)
            if isinstance(held, dict):
                parts.extend(dict.values(held))
            if holds_live(parts, depth - 1):
                return True
    return False


def is_tier(frame: FrameType) -> bool:
    """True for a frame of the traced tier's own code, or of the rules it applies."""
    name = frame.f_globals.get("__name__", "")
    return name.startswith(OF_TIER) and id(frame.f_code) not in REWRITTEN


def is_called_directly(frame: FrameType) -> bool:
    """True if rewritten code, or a hook of it, made the call that `frame` runs."""
    caller = frame.f_back
    return caller is not None and (
        id(caller.f_code) in REWRITTEN or is_ours(caller.f_code.co_filename)
    )


def is_watched(frame: FrameType) -> bool:
    """True if a frame's code is rewritten, or is run as it is on purpose: as one operation."""
    code, module = frame.f_code, frame.f_globals.get("__name__")
    if id(code) in REWRITTEN or code.co_filename.startswith("<") or code.co_name in PROTOCOL:
        return True
    if code.co_name == "__getattribute__" and frame.f_back and is_tier(frame.f_back):
        return True  # asked for its class only
    if module is not None and module.partition(".")[0] in HOOKS_CALL and is_called_directly(frame):
        return True
    if natives.is_opaque(module, code.co_qualname) or natives.is_closed(module):
        return True
    outer: FrameType | None = frame
    while outer is not None and id(outer.f_code) not in REWRITTEN:
        if outer.f_code is Recorder.native.__code__:
            return True
        outer = outer.f_back
    return False


def observe(function: Callable, args: tuple, leaves: list, observer: Callable) -> Any:
    """Call ``function(*args)``, recorded, and show each operation to `observer`.

    `observer` is called with the operation, its arguments, and a function that tells whether one of
    them carries a derivative. Nothing is kept.
    """
    outer = Level(None)
    level = Level(outer)
    level.recorder.observer = observer
    for leaf in leaves:
        outer.recorder.enter(leaf)
        level.recorder.enter(leaf)
    running, LEVELS.running = LEVELS.running, [outer, level]
    try:
        out = level.calls.call(function, *args)
        refusals.raise_caught(level)
        return out
    finally:
        special_methods.restore(outer)
        LEVELS.running = running


def record(
    function: Callable,
    args: tuple,
    kwargs: dict,
    leaves: list,
    *,
    kept: bool = True,
    kinds: Iterable[type] = (),
) -> "Recording":
    """Call ``function(*args, **kwargs)`` and keep what its sweeps need.

    `leaves` are the numbers and arrays inside the arguments that carry a derivative. With `kept`,
    the caller may change arrays before a sweep; without it, the sweeps must follow at once. `kinds`
    are the classes of the instances in which leaves are kept.
    """
    level = new_level()
    level.begin()
    if level.outer is None:
        plain_types.forget()
    recorder = level.recorder
    if recorder.escaped.arrays:
        recorder.escaped.meet_arrays(args, kwargs)
    places = [recorder.enter(leaf) for leaf in leaves]
    LEVELS.running.append(level)
    try:
        for kind in kinds:
            special_methods.follow(kind)
        out = level.calls.call(function, *args, **kwargs)
        level.turns.finish(level, is_complete=True)
        refusals.raise_caught(level)
    except BaseException as error:
        level.turns.finish(level, is_complete=False)
        refusals.settle(level, error)
        level.clear()
        raise
    finally:
        if level.met:
            special_methods.restore(level)
        LEVELS.running.pop()
    recording = Recording(recorder, leaves, places, out)
    if kept:
        recording.protect()
    if level.outer is None:
        recorder.escaped.remember(leaves, recording.out_leaves)
        recorder.escaped.remember_arrays((args, kwargs), [*leaves, *recording.out_leaves])
    level.clear()
    if not level.turns.is_used:
        LEVELS.idle.setdefault(level.outer, []).append(level)
    return recording


class Recording:
    """A recorded call.

    Attributes
    ----------
    out : what the function returned.
    """

    def __init__(self, recorder: Recorder, leaves: list, places: list, out: Any):
        self.out = out
        self.leaves = leaves
        self.places = places
        self.out_leaves = spaces.flatten(out)[0]
        self.out_places = [
            recorder.place(leaf) if spaces.is_differentiable(leaf) else None
            for leaf in self.out_leaves
        ]
        self.met_stale = bool(recorder.escaped.numbers)
        self.unknown = recorder.unknown
        self.stale_roots = [root for root in list(recorder.roots.values()) if root.stale]
        recorder.flush()
        self.segments = recorder.segments
        self.roots = recorder.all_roots()
        self.slots = recorder.slots
        self.snapshots: list = []

    def protect(self) -> None:
        """Save the contents of every buffer that a sweep reads and others could write to."""
        found = [root.array() for root in self.roots.values() if root.held]
        owners = [owner for owner in found if owner is not None and owner.flags.writeable]
        self.snapshots = through_outer(replay.snapshot, owners)

    def end(self) -> None:
        """No sweep follows: drop the tape."""
        self.segments, self.snapshots, self.unknown, self.stale_roots = [], [], [], []
        self.leaves, self.places, self.out_leaves, self.out_places = [], [], [], []
        self.roots = {}

    def pullback(self, cotangents: list) -> list:
        """The cotangents of the leaves; can be called again and again."""
        return self.swept(replay.pull, cotangents, is_recording())

    def pushforward(self, tangents: list) -> list:
        """The tangents of the output's leaves."""
        return self.swept(replay.push, tangents)

    def swept(self, sweep: Callable, *args: Any) -> list:
        """Call a sweep; what the tape keeps is no escaped value to the recordings that run."""
        undone = [level.recorder.escaped.set_aside(self.roots) for level in LEVELS.running]
        try:
            return through_outer(sweep, self, *args)
        finally:
            for undo in undone:
                undo()


def through_outer(function: Callable, *args: Any) -> list:
    """Call a function of this package, recorded by the level that is running, if one is."""
    level = current()
    with np.errstate(all="ignore"):
        if level is None:
            return function(*args)
        try:
            return level.calls.call(function, *args)
        except AdjointError as error:
            refusals.forget(level, error)
            raise
