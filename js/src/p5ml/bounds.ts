// Generated from lstm_widget/writing/settings.py; do not edit. `make protocol` writes it.

/** From `least` to `most`; or `above` it, that is without it. */
export const BOUNDS = {"temperature": {"least": 0, "above": false, "most": 100}, "length": {"least": 1, "above": false, "most": 1000000}, "top_k": {"least": 1, "above": false, "most": 9007199254740991}, "top_p": {"least": 0, "above": true, "most": 1}};

/** p5ML's defaults. */
export const DEFAULTS = {"seed": "a", "length": 20, "temperature": 0.5};
