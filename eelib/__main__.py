"""``python -m eelib``."""

from eelib.cli import main

main()
