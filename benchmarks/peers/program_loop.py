"""A loop that the eager peers run turn by turn."""


def repeat(step, state, count):
    """``state = step(state, i)`` for each i."""
    for i in range(count):
        state = step(state, i)
    return state
