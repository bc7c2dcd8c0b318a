"""The rules of SciPy's functions, by module; each is loaded when the program has imported it."""

from adjoint.rules.ruleset import wait_for

wait_for(
    scipy__fft="adjoint.rules.scipy.fourier",
    scipy__fftpack="adjoint.rules.scipy.fftpack",
    scipy__interpolate="adjoint.rules.scipy.interpolation",
    scipy__linalg="adjoint.rules.scipy.linalg",
    scipy__spatial__distance="adjoint.rules.scipy.distance",
    scipy__ndimage="adjoint.rules.scipy.images",
    scipy__signal="adjoint.rules.scipy.filters",
    scipy__sparse="adjoint.rules.scipy.sparse_formats",
    scipy__sparse__linalg="adjoint.rules.scipy.sparse_solvers",
    scipy__spatial="adjoint.rules.scipy.geometry",
    scipy__spatial__transform="adjoint.rules.scipy.transform",
    scipy__special="adjoint.rules.scipy.special",
    scipy__stats="adjoint.rules.scipy.stats",
)
