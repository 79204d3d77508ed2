// What the tests use of Node, whose own types would give the page's code a second `setTimeout`.
declare module "node:events" {
  export function setMaxListeners(count: number): void;
}
declare module "node:fs" {
  export function readFileSync(file: string): Uint8Array<ArrayBuffer>;
}
declare module "node:readline" {
  export function createInterface(options: { input: unknown }): AsyncIterable<string>;
}
declare const process: {
  readonly stdin: unknown;
  cpuUsage(before?: { user: number; system: number }): { user: number; system: number };
};
