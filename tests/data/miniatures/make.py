"""Write a miniature by hand: ``python tests/data/miniatures/make.py NAME FOLDER``, then ``EELIB_DATA=FOLDER eelib run ...``."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[3])]
    from miniatures import MODULES, make

    if len(sys.argv) != 3 or sys.argv[1] not in MODULES:
        sys.exit(f"usage: make.py NAME FOLDER, NAME one of {', '.join(MODULES)}")
    print(make(sys.argv[1], Path(sys.argv[2])))
