"""An entrance to machine code, which a later process can take without importing Numba.

To import Numba, and to let it load what it kept, takes longer than most gradients. What it compiled
needs little of it at run time: memory for arrays, which a few lines of LLVM's language provide
here, and the functions by which Python calls it, in whose place stands `enter`, which reads its
arguments from one piece of memory. Both are object code, loaded by `standalone`.

Functions compiled by Numba call each other as its documentation of its calling convention says
(Numba Developer Manual, "Notes on the Numba Runtime"; the signature is compared with the one that
was compiled); the fields of what owns memory are those of the versions in `KNOWN`.
"""

import ctypes
import json
import re
from collections.abc import Sequence
from typing import Any

from adjoint.compile.kinds import NUMBERS, format_of_result
from adjoint.compile.natives import SYMBOLS
from adjoint.compile.standalone import llvm, target_machine

FILES = ("function.o", "entrance.o", "call.form")
KNOWN = {(0, minor) for minor in range(62, 69)}
"""Versions of Numba whose owners of memory are as `MEMORY` makes them (`MemInfo` in its `nrt.cpp`),
and whose LLVM has one type of pointers."""
FIELDS = {"float": "double", "int": "i64", "single": "float", "bool": "i8", "complex": "complex"}
MEMORY = """
declare ptr @malloc(i64)
declare void @free(ptr)

; An owner: its count of references, three fields for other kinds of memory, its data and its size.
define ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) {
  %wide = zext i32 %align to i64
  %room = add i64 %wide, 48
  %all = add i64 %room, %size
  %owner = call ptr @malloc(i64 %all)
  %none = icmp eq ptr %owner, null
  br i1 %none, label %full, label %made
full:
  ret ptr null
made:
  %address = ptrtoint ptr %owner to i64
  %last = sub i64 %wide, 1
  %after = add i64 %address, 48
  %above = add i64 %after, %last
  %mask = xor i64 %last, -1
  %start = and i64 %above, %mask
  %data = inttoptr i64 %start to ptr
  %dtor = getelementptr i64, ptr %owner, i64 1
  %info = getelementptr i64, ptr %owner, i64 2
  %place = getelementptr i64, ptr %owner, i64 3
  %length = getelementptr i64, ptr %owner, i64 4
  %other = getelementptr i64, ptr %owner, i64 5
  store i64 1, ptr %owner
  store ptr null, ptr %dtor
  store ptr null, ptr %info
  store ptr %data, ptr %place
  store i64 %size, ptr %length
  store ptr null, ptr %other
  ret ptr %owner
}

define void @NRT_MemInfo_call_dtor(ptr %owner) {
  call void @free(ptr %owner)
  ret void
}

define void @NRT_Free(ptr %memory) {
  call void @free(ptr %memory)
  ret void
}

define void @release(ptr %owner) {
  %before = atomicrmw sub ptr %owner, i64 1 acq_rel
  %last = icmp eq i64 %before, 1
  br i1 %last, label %gone, label %held
gone:
  call void @free(ptr %owner)
  ret void
held:
  ret void
}

; The strides of a new shape of an array in C order; 0 for any other array, which Numba takes.
define i32 @numba_attempt_nocopy_reshape(i64 %n, ptr %dims, ptr %strides, i64 %newn, ptr %newdims,
                                         ptr %newstrides, i64 %itemsize, i32 %fortran) {
entry:
  %asked = icmp eq i32 %fortran, 0
  br i1 %asked, label %check, label %refuse
check:
  %i = phi i64 [ %n, %entry ], [ %down, %next ]
  %step = phi i64 [ %itemsize, %entry ], [ %wider, %next ]
  %done = icmp eq i64 %i, 0
  br i1 %done, label %write, label %look
look:
  %down = sub i64 %i, 1
  %dimp = getelementptr i64, ptr %dims, i64 %down
  %dim = load i64, ptr %dimp
  %stridep = getelementptr i64, ptr %strides, i64 %down
  %stride = load i64, ptr %stridep
  %wider = mul i64 %step, %dim
  %same = icmp eq i64 %stride, %step
  %one = icmp eq i64 %dim, 1
  %fine = or i1 %same, %one
  br i1 %fine, label %next, label %refuse
next:
  br label %check
write:
  %j = phi i64 [ %newn, %check ], [ %lower, %put ]
  %size = phi i64 [ %itemsize, %check ], [ %larger, %put ]
  %end = icmp eq i64 %j, 0
  br i1 %end, label %finished, label %put
put:
  %lower = sub i64 %j, 1
  %newp = getelementptr i64, ptr %newstrides, i64 %lower
  store i64 %size, ptr %newp
  %newdimp = getelementptr i64, ptr %newdims, i64 %lower
  %newdim = load i64, ptr %newdimp
  %larger = mul i64 %size, %newdim
  br label %write
finished:
  ret i32 1
refuse:
  ret i32 0
}
"""
PYTHONS_OWN = (
    "NRT_adapt_ndarray_from_python",
    "NRT_adapt_ndarray_to_python_acqref",
    "numba_complex_adaptor",
    "numba_do_raise",
    "numba_gil_ensure",
    "numba_gil_release",
    "numba_runtime_build_excinfo_struct",
    "numba_unpickle",
)
"""What only the form that Python calls uses, which is never called."""
UNUSED = "define void @{name}() {{\n  unreachable\n}}\n"


def entrance_to(function: Any, kinds: Sequence[str | None], numba: Any) -> dict[str, bytes] | None:
    """The files of a function of Numba's with an entrance; None if there can be none.

    `function` : compiled for one signature, whose machine code Numba keeps; `kinds` : of its
    arguments.
    """
    if tuple(map(int, numba.__version__.split(".")[:2])) not in KNOWN or None in kinds:
        return None
    (compiled,) = function.overloads.values()
    library, name = compiled.library, compiled.fndesc.llvm_func_name
    text = library.get_llvm_str()
    results = results_of(compiled.signature.return_type, numba)
    if results is None or fields_of(text, name) != fields(kinds) or not complete(text):
        return None
    _, _, (code, _) = library.serialize_using_object_code()
    form = json.dumps({"kinds": kinds, "results": results}).encode()
    return dict(zip(FILES, (code, assembled(written(name, kinds)), form), strict=True))


def results_of(return_type: Any, numba: Any) -> list[tuple[str, int | None]] | None:
    """The dtype of each result, and the number of its axes if it is an array."""
    if not isinstance(return_type, numba.types.BaseTuple):
        return None
    found = []
    for kind in map(numba.types.unliteral, return_type):
        is_array = isinstance(kind, numba.types.Array)
        result = str(getattr(kind, "dtype", kind)), kind.ndim if is_array else None
        if format_of_result(*result) is None:
            return None
        found.append(result)
    return found


def fields(kinds: Sequence[str]) -> list[str]:
    """The types of the parameters that arguments are handed over as."""
    found = ["ptr", "ptr"]  # of the results, and of an exception
    for kind in kinds:
        if kind in NUMBERS:
            found += ["double", "double"] if kind == "complex" else [FIELDS[kind]]
        else:
            found += ["ptr", "ptr", "i64", "i64", "ptr", *["i64"] * (2 * int(kind.split()[1]))]
    return found


def fields_of(text: str, name: str) -> list[str] | None:
    """The types of the parameters of a function in LLVM's language; None if it is not there."""
    found = re.search(rf'^define [^\n]*@"?{re.escape(name)}"?\(([^\n]*)\)[^()\n]*{{$', text, re.M)
    if found is None:
        return None
    parameters = re.sub(r"\([^()]*\)", "", found.group(1))  # attributes have arguments
    return [parameter.split()[0] for parameter in parameters.split(",")]


def complete(text: str) -> bool:
    """True if all that a module takes from elsewhere is here, in C's library or in Python."""
    here = set(re.findall(r"^define [^\n]*?@(\w+)\(", MEMORY, re.M)) | set(PYTHONS_OWN)
    process = ctypes.CDLL(None)
    wanted = re.findall(r'^declare [^\n]*?@"?([^\s"(]+)"?\(', text, re.M)
    return all(
        name in here or name.startswith(("llvm.", SYMBOLS)) or hasattr(process, name)
        for name in wanted
    )


def written(name: str, kinds: Sequence[str]) -> str:
    """The entrance in LLVM's language: it reads the arguments and calls the function."""
    types = fields(kinds)
    lines = ["define i32 @enter(ptr %given, ptr %results) {", "  %raised = alloca ptr"]
    lines.append("  store ptr null, ptr %raised")
    passed = ["ptr %results", "ptr %raised"]
    for slot, field in enumerate(types[2:]):
        lines.append(f"  %p{slot} = getelementptr i64, ptr %given, i64 {slot}")
        stored = {"float": "double", "i8": "i64"}.get(field, field)
        lines.append(f"  %s{slot} = load {stored}, ptr %p{slot}")
        value = f"%s{slot}"
        if stored != field:
            how = "fptrunc" if field == "float" else "trunc"
            lines.append(f"  %v{slot} = {how} {stored} %s{slot} to {field}")
            value = f"%v{slot}"
        passed.append(f"{field} {value}")
    lines.append(f'  %status = call i32 @"{name}"({", ".join(passed)})')
    lines += ["  ret i32 %status", "}"]
    declared = f'declare i32 @"{name}"({", ".join(types)})'
    unused = "".join(UNUSED.format(name=each) for each in PYTHONS_OWN)
    return "\n".join([declared, *lines, MEMORY, unused])


def assembled(text: str) -> bytes:
    """Object code for this processor."""
    machine = target_machine()
    module = llvm().parse_assembly(text)
    module.triple = machine.triple
    return machine.emit_object(module)
