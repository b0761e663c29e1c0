"""One file for each origin of articles; all give the same Article."""
