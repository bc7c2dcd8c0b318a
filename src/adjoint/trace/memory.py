"""Arrays as memory: which buffer an array looks at, and where in it.

A view is known by its address, shape and strides alone; so slices, transposes, reshapes and
strided tricks need no rule of their own.
"""

import ctypes
import functools
import mmap
import platform
import weakref
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

WORD = 8
FLOAT = np.dtype(np.float64)
LARGE = 1 << 16  # bytes of an array: here moving it costs more than deciding whether it must be
LARGEST_BLOCK = (1 << 25) - (1 << 16)
OF_RESULT = 3  # references to a result: twice of its entry on the tape, once of its root


@functools.cache
def keep_freed_memory() -> None:
    """Have the C library keep up to 64 MiB of what is freed, for the next gradient.

    glibc maps large blocks one by one and hands them back, page by page, until it has seen a large
    one freed: then blocks of that size come from its heap, at whose end twice as much may be free
    (mallopt(3), M_MMAP_THRESHOLD). This shows it the largest block that it learns from. To get
    pages again for each gradient took longer than the arithmetic.
    """
    np.empty(LARGEST_BLOCK, np.uint8)


class Root:
    """A buffer that is live, or that a tape entry will read again.

    Attributes
    ----------
    owner : the array that owns the buffer (or the last array before a foreign owner).
    low, size : its first byte, and its length in bytes.
    live : a derivative is attached to its contents.
    held : an earlier tape entry reads its contents in the reverse sweep.
    stale : its contents are of an earlier recording, of which nothing is known any more.
    known : how many references to `owner` the tape holds at least, if it is a result.
    block : the first slot of its elements in the vector of scalar cotangents, or 0.
    seen : a weak reference to the array, if `owner` is only a placeholder for it.
    """

    __slots__ = ("block", "held", "known", "live", "owner", "seen", "stale", "start")

    def __init__(self, owner: np.ndarray, live: bool = False, held: bool = False, known: int = 0):
        self.owner = owner
        self.live = live
        self.held = held
        self.stale = False
        self.block = 0
        self.known = known
        self.seen: weakref.ref | None = None
        self.start: int | None = None

    @property
    def low(self) -> int:
        if self.start is None:
            owner = self.owner
            is_packed = owner.flags.c_contiguous
            self.start = address_of(owner) if is_packed else byte_bounds(owner)[0]
        return self.start

    def low_for(self, owner: np.ndarray) -> int:
        """The first byte of the array, or of the placeholder, whichever `owner` is."""
        return self.low if owner is self.owner else address_of(owner)

    def array(self) -> np.ndarray | None:
        """The array that owns the buffer; None if it is gone."""
        return self.owner if self.seen is None else self.seen()

    def place_of(self, array: np.ndarray) -> np.ndarray:
        """What the tape says for `array`, which looks at this buffer: itself, or a placeholder."""
        if self.seen is None:
            return array
        if array.base is None and array.shape == self.owner.shape:
            return self.owner
        return window(array, address_of(owner_of(array)), self.owner, 0)

    @property
    def size(self) -> int:
        if self.owner.flags.forc:
            return self.owner.nbytes
        low, high = byte_bounds(self.owner)
        return high - low


class Untouched:
    """Addresses for arrays whose contents nobody reads: the system lends no memory to them."""

    LARGEST, SMALLEST = 1 << 30, 1 << 24  # not more: address space may be rationed

    def __init__(self) -> None:
        self.addresses: Any = None
        self.size = 0
        flags = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
        size = self.LARGEST if flags else 0
        while size >= self.SMALLEST:
            try:
                self.addresses = mmap.mmap(-1, size, flags=flags, prot=mmap.PROT_READ)
            except (OSError, ValueError):
                size >>= 1
            else:
                self.size = size
                return


UNTOUCHED = Untouched()


def is_owner(array: np.ndarray) -> bool:
    """True for an array that is not a view, and for a placeholder of one."""
    base = array.base
    return base is None or base is UNTOUCHED.addresses


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array at the end of the chain of bases.

    The chain may lead through a memoryview, or through an object that only carries an array
    interface, as in ``np.lib.stride_tricks``. Where it ends at memory that is not an array's, such
    as a bytearray's, that has one array of bytes as its owner.
    """
    base = array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            array = base
            base = array.base
            continue
        held = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
        if held is None or held is base:  # Cython's arrays say that they are their own base
            return array if not array.flags.writeable else of_foreign_memory(base, array)
        base = held
    return array


# The arrays of bytes that own the memory of other objects, by the identity of these.
FOREIGN: weakref.WeakValueDictionary[int, np.ndarray] = weakref.WeakValueDictionary()


def of_foreign_memory(holder: Any, array: np.ndarray) -> np.ndarray:
    """The owner of the memory of `holder`; `array`, if that memory is not to be had."""
    found = FOREIGN.get(id(holder))
    if found is None:
        try:
            found = np.frombuffer(holder, np.uint8)
        except (TypeError, ValueError, BufferError):
            return array
        FOREIGN[id(holder)] = found
    return found


def stated_address_of(array: np.ndarray | np.void) -> int:
    return array.__array_interface__["data"][0]


# NumPy's C structure of an array begins with the head of an object and the address of the data.
AFTER_HEAD = object.__basicsize__
word_at = ctypes.c_size_t.from_address


def read_address_of(array: np.ndarray | np.void) -> int:
    """The same, a tenth as long: read where the public C structure of an array has it."""
    if isinstance(array, np.ndarray):
        return word_at(id(array) + AFTER_HEAD).value
    return stated_address_of(array)


def address_is_read() -> bool:
    """True if this interpreter and NumPy lay an array out as documented."""
    line = np.zeros(4)
    shown = (line, line[1:], line[::-1], np.zeros((2, 3), np.float32).T, np.zeros(0))
    return platform.python_implementation() == "CPython" and all(
        read_address_of(array) == stated_address_of(array) for array in shown
    )


address_of = read_address_of if address_is_read() else stated_address_of


def may_overlap_itself(array: np.ndarray) -> bool:
    """False only if no two elements of `array` are at the same place."""
    if array.flags.forc:
        return False
    reach = array.itemsize
    dimensions = sorted(
        (abs(stride), size) for stride, size in zip(array.strides, array.shape, strict=True)
    )
    for stride, size in dimensions:
        if size > 1:
            if stride < reach:
                return True
            reach += stride * (size - 1)
    return False


def window(array: np.ndarray, low: int, buffer: np.ndarray, start: int) -> np.ndarray:
    """What `array` is in its buffer (which begins at `low`), in another `buffer` from `start`."""
    offset = start + address_of(array) - low
    return np.ndarray(array.shape, array.dtype, buffer, offset, array.strides)


def may_share(first: np.ndarray, second: np.ndarray) -> bool:
    """True unless two arrays are known to have no memory in common; their classes are not asked."""
    return np.may_share_memory(plain(first), plain(second))


def plain(array: np.ndarray) -> np.ndarray:
    """The memory of an array of a subclass, without its class."""
    return array if type(array) is np.ndarray else np.ndarray.view(array, np.ndarray)


def is_differentiable(array: np.ndarray) -> bool:
    return array.dtype.kind in "fc"


def shows_array(value: Any) -> bool:
    """True for a memoryview of an array of numbers."""
    return (
        type(value) is memoryview
        and isinstance(value.obj, np.ndarray)
        and value.obj.dtype.kind in "fciub"
    )


def keeps_kind(owner: Any, args: tuple, kwargs: dict) -> bool:
    """True if a ``view`` shows floating numbers as floating numbers."""
    kind = kwargs.get("dtype", args[0] if args else owner.dtype)
    if isinstance(kind, type) and issubclass(kind, np.ndarray):
        return True  # the same memory, as a subclass
    try:
        shown = np.dtype(kind)
    except TypeError:
        return False
    parts = [np.empty(0, dtype).real.dtype for dtype in (shown, owner.dtype) if dtype.kind in "fc"]
    return len(parts) == 2 and parts[0] == parts[1]
