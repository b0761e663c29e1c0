"""Property tests here are timed by nobody: the machine is shared."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("content", deadline=None)
settings.load_profile("content")
