import { entry } from "../kernel/entry.ts";
import { createView } from "./view.ts";
import "../dom/style.css";
import "../settings/seed-box.css";
import "../sheet/text-area.css";
import "../inside/inside.css";
import "../inside/bars.css";
import "../inside/colours.css";
import "../inside/cell-list.css";

export default entry(createView);
