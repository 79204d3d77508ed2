import { element, paragraph, write } from "../dom/elements.ts";

/** What a view says beside its status: politely, as a notice, or as a problem. */
export class Notices {
  readonly announcement = element("p", { className: "lstm-unseen", role: "status" });
  readonly notice = paragraph("lstm-notice");
  readonly problem = element("p", { className: "lstm-problem", role: "alert" });

  /** Say it politely. Even the same text would be read out again. */
  say(text: string): void {
    write(this.announcement, text);
  }
}
