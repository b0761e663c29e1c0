"""`python -m newsletter` and the command `newsletter`."""

from __future__ import annotations

from newsletter.cli.app import main

if __name__ == "__main__":
    main()
