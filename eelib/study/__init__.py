"""Parameters, arms, records: planning, running, resuming and reading back."""
