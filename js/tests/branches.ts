import type { Branch } from "../src/kernel/protocol.ts";

/** The text that all branches come from. */
export const FIRST: Branch = {
  run: "a",
  parent: null,
  position: 0,
  character: "",
  instead: "",
  before: "",
  excerpt: "The road",
  written: 8,
  bits: 16,
};
