/** What a script exports that came with a notebook, or from its kernel: js/src/portable.ts. */
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
