"""The verbs: one a file. The only place where the stages meet."""
