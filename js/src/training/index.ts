import { entry } from "../entry.ts";
import { createTrainingView } from "./view.ts";
import "../style.css";
import "../page.css";
import "./training.css";

export default entry(createTrainingView);
