"""Some of the programs as Warp's kernels, in double precision on the processor.

``launch(args, inputs)`` takes the arguments and an array for each number of ``ARGNUMS``, and
returns an array of one element, the value. Warp reverses a loop of a kernel by running its turns
again, last first, with the numbers that the variables have at the end; so what a turn reads of the
turn before stands in arrays of which no element is written twice.
"""
