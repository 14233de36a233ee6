"""One module per notebook that computes: its parameters and its plan."""
