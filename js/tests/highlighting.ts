// jsdom has no custom highlights: what a page uses of them, and what they cover.
import { vi } from "vitest";

class FakeHighlight extends Set<Range> {
  priority = 0;
}

/** A document that has highlights, none so far. */
export function stubHighlights(): void {
  vi.stubGlobal("Highlight", FakeHighlight);
  vi.stubGlobal("CSS", { highlights: new Map<string, FakeHighlight>() });
}

/** The texts under a highlight, in the order of the document. */
export function covered(name: string): string[] {
  const ranges = Array.from(CSS.highlights.get(name) ?? []) as Range[];
  ranges.sort((one, other) => one.compareBoundaryPoints(Range.START_TO_START, other));
  return ranges.map(String);
}
