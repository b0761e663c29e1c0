"""Articles written for this project: what the demo runs on."""
