import { entry } from "../entry.ts";
import { createLanesView } from "./view.ts";
import "../style.css";
import "../seed-box.css";
import "../page.css";
import "./lanes.css";

export default entry(createLanesView);
