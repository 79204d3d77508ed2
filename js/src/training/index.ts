import { entry } from "../kernel/entry.ts";
import { createTrainingView } from "./view.ts";
import "../dom/style.css";
import "../sheet/text-area.css";
import "./training.css";

export default entry(createTrainingView);
