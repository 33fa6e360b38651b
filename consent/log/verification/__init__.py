"""Is the log what was sealed? The first thing that is not, in one sentence."""
