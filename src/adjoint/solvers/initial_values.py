"""Initial value problems: `scipy.integrate.solve_ivp` and `odeint`.

SciPy solves the problem once and so chooses the steps. The explicit methods are then taken through
the same steps by the same formulas, recorded, with the step sizes held constant (a derivative of
the control of the step size is noise): their derivative is that of the discrete solution. Other
methods are differentiated as a collocation method that takes their steps; see
`adjoint.solvers.stiff`. Values are SciPy's own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from adjoint import trace
from adjoint.solvers import stiff
from adjoint.solvers.solution import held, solution, with_derivative_of

EXPLICIT = {
    "RK23": scipy.integrate.RK23,
    "RK45": scipy.integrate.RK45,
    "DOP853": scipy.integrate.DOP853,
}


class ExplicitStep:
    """A step of a Runge-Kutta method from `y` at `t` to `end`: its stages and its interpolant."""

    def __init__(self, method: Any, rate: Callable, t: Any, y: Any, end: Any, slope: Any):
        self.method, self.rate, self.t, self.y = method, rate, t, y
        self.size = end - t
        self.slopes = [rate(t, y) if slope is None else slope]
        for row, share in zip(method.A[1:], method.C[1:], strict=True):
            self.slopes.append(self.stage(row, share))
        self.end = y + self.size * np.dot(method.B, np.stack(self.slopes))
        self.slopes.append(rate(t + self.size, self.end))
        self.bends: Any = None

    @property
    def last_slope(self) -> Any:
        return self.slopes[-1]

    def stage(self, row: Any, share: float) -> Any:
        count = len(self.slopes)
        change = np.dot(row[:count], np.stack(self.slopes)) * self.size
        return self.rate(self.t + share * self.size, self.y + change)

    def at(self, t: Any) -> Any:
        """The interpolant that SciPy uses for this method, at a time within the step."""
        share = (t - self.t) / self.size
        if hasattr(self.method, "A_EXTRA"):
            return self.of_high_order(share)
        weights = np.dot(self.method.P, np.stack([share ** (i + 1) for i in range(self.order())]))
        return self.y + self.size * np.dot(weights, np.stack(self.slopes))

    def order(self) -> int:
        return self.method.P.shape[1]

    def of_high_order(self, share: Any) -> Any:
        if self.bends is None:
            self.bends = self.differences()
        y = np.zeros_like(self.y)
        for i, bend in enumerate(reversed(self.bends)):
            y = (y + bend) * (share if i % 2 == 0 else 1 - share)
        return y + self.y

    def differences(self) -> list:
        """The coefficients of DOP853's interpolant; three more stages are needed for it."""
        first, last = self.slopes[0], self.slopes[-1]
        for row, share in zip(self.method.A_EXTRA, self.method.C_EXTRA, strict=True):
            self.slopes.append(self.stage(row, share))
        size, change = self.size, self.end - self.y
        known = [change, size * first - change, 2 * change - size * (last + first)]
        higher = size * np.dot(self.method.D, np.stack(self.slopes))
        return [*known, *(higher[i] for i in range(len(self.method.D)))]


class Path:
    """The recorded steps of one solution."""

    def __init__(self, rate: Callable, method: Any, span: tuple, start: Any, pieces: list):
        self.pieces = pieces
        self.steps: list = []
        y, slope = start, None
        t = span[0]
        for piece in pieces:
            end = span[1] if piece.t == held(span[1]) else piece.t
            if method is None:
                step: Any = stiff.CollocationStep(rate, t, y, end, piece)
            else:
                step = ExplicitStep(method, rate, t, y, end, slope)
                slope = step.last_slope
            self.steps.append(step)
            t, y = end, step.end
        self.start, self.first = start, span[0]
        self.ends = [piece.t for piece in pieces]

    def place(self, t: Any) -> int:
        """The number of the step that a time is in."""
        t = float(held(t))
        forward = self.ends[-1] >= self.pieces[0].t_old
        ahead = [end >= t if forward else end <= t for end in self.ends]
        return ahead.index(True) if True in ahead else len(ahead) - 1

    def at(self, t: Any) -> Any:
        """The solution at a time, which may be live."""
        return self.steps[self.place(t)].at(t)

    def event(self, function: Callable, t: Any) -> Any:
        """The time near `t` at which `function` of time and solution is zero."""
        step = self.steps[self.place(t)]
        return solution(lambda time: function(time, step.at(time)), float(t))


class Segment(scipy.integrate.DenseOutput):
    """One step of a solution that can be evaluated anywhere in it."""

    def __init__(self, piece: Any, step: Any):
        super().__init__(piece.t_old, piece.t)
        self.piece, self.step = piece, step

    def _call_impl(self, t: Any) -> Any:
        value = trace.unrecorded(self.piece, t)
        if np.ndim(t) == 0:
            return with_derivative_of(value, self.step.at(t))
        columns = [self.step.at(t[i]) for i in range(len(t))]
        return with_derivative_of(value, np.stack(columns, axis=1))


def solve_ivp(
    fun: Callable,
    t_span: Any,
    y0: Any,
    method: Any = "RK45",
    t_eval: Any = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: Any = None,
    **options: Any,
) -> Any:
    problem = (fun, t_span, y0, method, t_eval)
    given = {"events": events, "vectorized": vectorized, "args": args, **options}
    found = trace.unrecorded(scipy.integrate.solve_ivp, *problem, True, **given)
    pieces = found.sol.interpolants
    if not dense_output:
        found.sol = None
    more = () if args is None else tuple(args)

    def rate(t: Any, y: Any) -> Any:
        if vectorized:
            return np.reshape(fun(t, np.reshape(y, (-1, 1)), *more), (-1,))
        return np.asarray(fun(t, y, *more))

    start = np.asarray(y0)
    start = start if start.dtype.kind in "fc" else start.astype(float)
    depends = trace.reaches_live((*problem, events, args)) or trace.is_live(rate(t_span[0], start))
    if not depends:
        return found
    path = Path(rate, chosen(method), t_span, start, pieces)
    attach_events(found, path, events, more)
    attach_values(found, path, t_eval)
    if dense_output:
        segments = [Segment(piece, step) for piece, step in zip(pieces, path.steps, strict=True)]
        found.sol = scipy.integrate.OdeSolution(found.sol.ts, segments)
    return found


def chosen(method: Any) -> Any:
    """The Runge-Kutta method; None for another kind."""
    if isinstance(method, str):
        return EXPLICIT.get(method)
    is_explicit = hasattr(method, "B") and hasattr(method, "P" if "P" in vars(method) else "D")
    return method if is_explicit else None


def attach_events(found: Any, path: Path, events: Any, more: tuple) -> None:
    if events is None:
        return
    functions = [events] if callable(events) else list(events)
    for index, function in enumerate(functions):

        def height(t: Any, y: Any, function: Callable = function) -> Any:
            return function(t, y, *more)

        times = [path.event(height, t) for t in found.t_events[index].tolist()]
        if times:
            states = np.stack([path.at(t) for t in times])
            found.y_events[index] = with_derivative_of(found.y_events[index], states)
            found.t_events[index] = with_derivative_of(found.t_events[index], np.stack(times))


def attach_values(found: Any, path: Path, t_eval: Any) -> None:
    if t_eval is not None:
        times = [t_eval[i] for i in range(len(found.t))]
        states = [path.at(t) for t in times]
    else:
        times = [path.first, *(step.t + step.size for step in path.steps)]
        states = [path.start, *(step.end for step in path.steps)]
        if found.status == 1:  # it ends at an event, before the end of its last step
            last = [times for times in found.t_events if len(times)]
            times[-1] = next(t[-1] for t in last if held(t[-1]) == found.t[-1])
            states[-1] = path.at(times[-1])
    if states:
        found.t = with_derivative_of(found.t, np.stack(times))
        found.y = with_derivative_of(found.y, np.stack(states, axis=1))


def odeint(
    func: Callable,
    y0: Any,
    t: Any,
    args: tuple = (),
    *rest: Any,
    tfirst: bool = False,
    **options: Any,
) -> Any:
    given = (y0, t, args, *rest)
    found = trace.unrecorded(scipy.integrate.odeint, func, *given, tfirst=tfirst, **options)
    full = isinstance(found, tuple)
    start = np.atleast_1d(y0)
    start = start if start.dtype.kind in "fc" else start.astype(float)

    def rate(time: Any, state: Any) -> Any:
        found = func(time, state, *args) if tfirst else func(state, time, *args)
        return np.broadcast_to(np.asarray(found), state.shape)

    if not (trace.reaches_live((func, *given)) or trace.is_live(rate(t[0], start))):
        return found
    tolerances = {name: options.get(name) or 1.49012e-8 for name in ("rtol", "atol")}
    solved = trace.unrecorded(
        scipy.integrate.solve_ivp,
        rate,
        (t[0], t[-1]),
        start,
        method="LSODA",
        dense_output=True,
        **tolerances,
    )
    path = Path(rate, None, (t[0], t[-1]), start, solved.sol.interpolants)
    states = np.stack([start, *(path.at(t[i]) for i in range(1, len(t)))])
    y = with_derivative_of(found[0] if full else found, states)
    return (y, *found[1:]) if full else y
