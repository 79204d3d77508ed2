import type { TextArea } from "../sheet/text-area.ts";
import type { InspectionClient } from "./inspection-client.ts";

/** Finds the characters of the page in the kernel, which counts the seed as the model reads it: it may be shorter. */
export class Alignment {
  constructor(
    private readonly page: TextArea,
    private readonly source: InspectionClient,
  ) {}

  /** Characters that the seed has more on the page than in the kernel. */
  get more(): number {
    return this.page.seedLength - (this.source.seedLength ?? this.page.seedLength);
  }

  /** The place in the kernel of a character on the page; null where that is not known. */
  placeOf(index: number | null): number | null {
    if (index === null || (index < this.page.seedLength && this.more !== 0)) return null;
    return index - this.more;
  }
}
