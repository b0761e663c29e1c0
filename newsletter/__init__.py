"""A self-hosted daily health newsletter: pick, render, consent, deliver."""

__version__ = "0.1.0"
