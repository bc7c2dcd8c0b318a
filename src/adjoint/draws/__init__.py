"""Random draws whose parameters carry derivatives.

A draw runs natively: the same numbers, and the generator in the same state afterwards. Where the
draw is a smooth function of noise that does not depend on the parameters, it has the derivative of
that function with the noise held (the pathwise, or reparameterised, derivative). Draws of integers
with live probabilities are steps: they are refused.
"""

from adjoint.trace import substitutes

substitutes.register("random", "Random.choices", "adjoint.draws.choosing")
substitutes.register("random", "Random.binomialvariate", "adjoint.draws.choosing")
substitutes.register_methods("numpy.random", "adjoint.draws.paths")
