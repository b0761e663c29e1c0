"""Reads the files in which lists of readers travel, each origin's in its own module; writes our own."""

from newsletter.subscribers.transfer.row import ImportRow, Wish

__all__ = ["ImportRow", "Wish"]
