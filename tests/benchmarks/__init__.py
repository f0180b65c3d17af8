"""`make bench`: what a request costs, as a ratio against a peer measured in the same run."""
