// Where a model is: an address of its own, or a path that begins at the page.

import { refuse } from "../local/errors.ts";
import { shortRepr } from "../local/python-repr.ts";

export const MANIFEST = "manifest.json"; // of a p5ML / ml5.js folder

/** The address that a person gave, perhaps as a path from the page. */
export function addressOf(path: unknown): URL {
  if (path instanceof URL) return new URL(path);
  if (typeof path !== "string" || path.trim() === "") {
    refuse('The model must be given as a path or an address, such as "models/hemingway/".');
  }
  const { document, location } = globalThis as Partial<typeof globalThis>;
  try {
    return new URL(path, document?.baseURI ?? location?.href);
  } catch {
    // It may hold a password, so it is not repeated.
    refuse(
      "The address of the model is not valid: it must read like models/hemingway/ or https://example.org/folder/.",
    );
  }
}

/** The folder at an address, which may lack the slash at its end or name the manifest in it. */
export function folderAt(address: URL): URL {
  const folder = withPath(address, address.pathname.replace(/\/manifest\.json$/, "/"));
  return folder.pathname.endsWith("/") ? folder : withPath(folder, `${folder.pathname}/`);
}

// An absolute path, a drive, a backslash, an address, "..".
const ELSEWHERE = /^\/|^[A-Za-z]:|\\|:\/\/|(^|\/)\.\.(\/|$)/;

/** The file of a folder; a name, which comes from strangers, may not lead out of it. `null` if none is called so. */
export function fileIn(folder: URL, name: string): URL | null {
  if (ELSEWHERE.test(name)) {
    refuse(`The file ${shortRepr(name)} is outside the model's folder, which is not allowed.`);
  }
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0) return null;
  try {
    return withPath(folder, folder.pathname + parts.map(encodeURIComponent).join("/"));
  } catch {
    return null; // half a character
  }
}

/** What a folder or a file is called. */
export function titleOf(address: URL): string {
  const last = address.pathname.replace(/\/+$/, "").replace(/^.*\//, "");
  try {
    return decodeURIComponent(last) || address.hostname;
  } catch {
    return last;
  }
}

/** An address as errors name it: without a password, and without what follows a "?", where keys may be. */
export function shownAddress(address: URL): string {
  const plain = new URL(address);
  plain.username = plain.password = plain.search = plain.hash = "";
  return plain.href + (address.search ? "?..." : "");
}

/** What follows a "?" is sent with every file. */
function withPath(address: URL, path: string): URL {
  const other = new URL(address);
  other.pathname = path;
  return other;
}
