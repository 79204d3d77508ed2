import { entry } from "../kernel/entry.ts";
import { createLanesView } from "./view.ts";
import "../dom/style.css";
import "../settings/seed-box.css";
import "../sheet/text-area.css";
import "./lanes.css";

export default entry(createLanesView);
