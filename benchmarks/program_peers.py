"""The peers that run the programs of `benchmarks.programs`."""

from benchmarks.flight import Peer

PEERS = (
    Peer("hand", "by hand", "program_by_hand", ("numba",), True),
    Peer("adjoint", "adjoint", "program_compiled", ("adjoint", "numba"), True),
    Peer("jax", "JAX jit", "program_jax", ("jax", "jaxlib"), True),
    Peer("torch_compile", "torch.compile", "program_torch_compile", ("torch",), False),
    Peer("torch", "PyTorch eager", "program_torch", ("torch",), False),
    Peer("autograd", "HIPS autograd", "program_autograd", ("autograd",), False),
    Peer("casadi", "CasADi", "program_casadi", ("casadi",), True),
    Peer("warp", "Warp", "program_warp", ("warp-lang",), True),
)
