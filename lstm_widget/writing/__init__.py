"""A text being written: its settings, its run, its receipt."""
