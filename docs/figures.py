"""Draw the figure of a device model: run ``python docs/figures.py MODEL out.png``.

The model runs while it is drawn, with fixed seeds; without MODEL the names are listed.
"""

import sys
from pathlib import Path

from generate.figures import PICTURES, draw


def main(arguments: list[str]) -> int:
    """Draw one figure; a name that is not known, or none, lists those that are."""
    if len(arguments) != 2 or arguments[0] not in PICTURES:
        print(__doc__)
        print(" ".join(sorted(PICTURES)))
        return 2
    draw(arguments[0], Path(arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
