"""Benchmarks of adjoint side by side with its peers; ``python -m benchmarks flight`` runs one.

A figure is only published after the peer's gradient agreed with an independent reference.
"""
