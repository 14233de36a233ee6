"""Names of the simulated regions, apart from what they are, so that commands can list them at once."""

SIMULATED = ("germany", "france", "ghana", "south_sudan")
