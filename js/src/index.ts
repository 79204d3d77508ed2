import { entry } from "./entry.ts";
import { createView } from "./view.ts";
import "./style.css";
import "./seed-box.css";
import "./page.css";
import "./inside/inside.css";
import "./inside/bars.css";
import "./inside/colours.css";
import "./inside/cell-list.css";

export default entry(createView);
