"""Who runs the work: the clock in this process."""
