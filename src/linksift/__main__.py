"""``python -m linksift``."""

import sys

from linksift.cli import main

if __name__ == "__main__":
    sys.exit(main())
