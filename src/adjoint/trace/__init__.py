"""The traced tier: differentiates any Python program by watching it run."""

from adjoint.trace.recording import Recording, is_recording, record

__all__ = ["Recording", "is_recording", "record"]
