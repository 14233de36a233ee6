"""Lightning modules and the loop that makes them resumable."""

CHECKPOINT = "step.ckpt"  # here, so that it can be named without an import of Lightning
