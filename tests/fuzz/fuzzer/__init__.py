"""Writes random Python programs and checks what adjoint makes of them."""
