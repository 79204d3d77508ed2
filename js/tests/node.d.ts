// What the tests use of Node, whose own types would give the page's code a second `setTimeout`.
declare module "node:events" {
  export function setMaxListeners(count: number): void;
}
