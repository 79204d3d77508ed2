// The page of every widget: one script and one style sheet, which a notebook loads once.
import { entry } from "./kernel/entry.ts";
import { createLanesView } from "./lanes/view.ts";
import { createView } from "./text/view.ts";
import { createTrainingView } from "./training/view.ts";
import "./dom/tokens.css";
import "./dom/style.css";
import "./settings/deck.css";
import "./settings/thermometer.css";
import "./sheet/bench.css";
import "./sheet/text-area.css";
import "./settings/seed-box.css";
import "./inside/inside.css";
import "./inside/branches.css";
import "./inside/letter.css";
import "./inside/bars.css";
import "./inside/colours.css";
import "./inside/cell-list.css";
import "./lanes/lanes.css";
import "./training/training.css";

export default entry({
  text: createView,
  lanes: createLanesView,
  training: createTrainingView,
});
