"""Who runs it: the operators of the console, how they prove who they are, and what they did."""
