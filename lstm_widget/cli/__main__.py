"""``python -m lstm_widget.cli`` is the command ``lstm-widget``."""

import sys

from lstm_widget.cli import main

sys.exit(main())
