/** A name that nothing else has, on this page or another. */
export function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
