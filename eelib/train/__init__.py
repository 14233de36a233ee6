"""Lightning modules and the loop that makes them resumable."""
