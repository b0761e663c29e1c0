"""What all tests in a browser share."""

from playwright.sync_api import expect

# Chromium, a server and two more test processes share two cores: what is late there is no fault.
expect.set_options(timeout=30_000)
