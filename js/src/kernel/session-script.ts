/** What js/src/portable.ts exports, as a script that came from a notebook or its kernel. */
export async function scriptOf<Exports>(source: string): Promise<Exports> {
  const parts = [source, "\nexport default portable;"];
  const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  try {
    const script: { default: Exports } = await import(address);
    return script.default;
  } finally {
    URL.revokeObjectURL(address);
  }
}
