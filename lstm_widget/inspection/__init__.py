"""Why each character came: the trace of a text, what a unit does, which units follow something."""
