"""Copy every notebook with profile smoke injected, ready for nbval: ``python tests/prepare_notebooks.py FOLDER``."""

import sys
from pathlib import Path

from papermill import execute_notebook


def prepare(source: Path, target: Path) -> list[Path]:
    """Write prepared copies below ``target`` under the same names; returns them."""
    copies = []
    for path in sorted(source.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            copies.append(target / path.relative_to(source))
            copies[-1].parent.mkdir(parents=True, exist_ok=True)
            execute_notebook(str(path), str(copies[-1]), {"profile": "smoke"}, prepare_only=True, progress_bar=False)
    return copies


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"prepared {len(prepare(Path(__file__).parents[1] / 'notebooks', target))} notebooks at profile smoke")
