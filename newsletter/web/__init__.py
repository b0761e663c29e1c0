"""The front door: pages that readers and site owners see."""
