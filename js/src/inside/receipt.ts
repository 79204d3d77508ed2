import type { Receipt } from "../kernel/protocol.ts";

/** A receipt as JSON, without what only this page needs. */
export function receiptText(receipt: Partial<Receipt>): string {
  const { run: _run, bits: _bits, ...rest } = receipt;
  return JSON.stringify(rest);
}

/** A few lines of Python that write the text of a receipt again. */
export function pythonText(receipt: Partial<Receipt>): string {
  const { run: _run, bits: _bits, ...rest } = receipt;
  const entries = Object.entries(rest).map(([name, value]) => `    "${name}": ${literal(value)},`);
  return [
    "from lstm_widget import LSTMGenerator",
    "",
    "receipt = {",
    ...entries,
    "}",
    `print(LSTMGenerator(${literal(receipt.model)}).replay(receipt))`,
    "",
  ].join("\n");
}

/** JSON data as Python writes it; a JSON text is a Python text, too. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return JSON.stringify(value);
}
