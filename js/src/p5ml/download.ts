// Reading a file over HTTP: never more of it than it may hold, and never waiting for ever.

import { ModelError, refuse } from "../local/errors.ts";
import { shortRepr } from "../local/python-repr.ts";
import { shownAddress } from "./address.ts";

const STALLED = 30; // seconds
const MISSING = [403, 404, 410]; // the first comes from storage services
const HINTS: Readonly<Record<number, string>> = {
  401: "it asks for a password",
  429: "it has had too many requests",
};

/** A file is longer than it may be. */
export class TooLargeError extends ModelError {
  /** @param size in bytes, if that is known */
  constructor(
    name: string,
    atMost: number,
    readonly size: number | null,
  ) {
    super(`${name} is larger than ${readableSize(atMost)}, the limit for a model.`);
  }
}

/**
 * Download a file; `null` if there is none.
 * @param atMost number of bytes; of a longer file no more than that is kept
 */
export async function download(
  address: URL,
  atMost: number,
  name: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const place = shortRepr(shownAddress(address));
  const watch = new Watch();
  try {
    // The server is asked each time whether a file has changed, so that the files of a model fit together.
    const response = await fetch(address, { cache: "no-cache", signal: watch.signal });
    if (MISSING.includes(response.status)) return null;
    if (!response.ok) refuse(answeredWith(response.status, place));
    const data = await bodyOf(response, atMost, name, watch);
    return isPage(response, data) ? null : data;
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (watch.signal.aborted)
      refuse(`${place} sent nothing for ${STALLED} seconds: try again later.`);
    refuse(unreachable(address, place));
  } finally {
    watch.end();
  }
}

/** Ends a download of which nothing has come for long. */
class Watch {
  readonly #controller = new AbortController();
  #timer = this.#wait();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has come. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#wait();
  }

  /** Whatever has not come by now is not wanted. */
  end(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  #wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), STALLED * 1000);
  }
}

async function bodyOf(
  response: Response,
  atMost: number,
  name: string,
  watch: Watch,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(response.headers.get("Content-Length") ?? 0);
  const isPacked = response.headers.has("Content-Encoding");
  if (announced > atMost && !isPacked) throw new TooLargeError(name, atMost, announced);
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done || !value) break;
    watch.touch();
    size += value.length;
    if (size > atMost) throw new TooLargeError(name, atMost, null);
    pieces.push(value);
  }
  const data = new Uint8Array(size);
  let end = 0;
  for (const piece of pieces) {
    data.set(piece, end);
    end += piece.length;
  }
  return data;
}

/** Many servers answer with a page, and 200, where there is nothing. */
function isPage(response: Response, data: Uint8Array): boolean {
  if (!response.headers.get("Content-Type")?.includes("html")) return false;
  return new TextDecoder().decode(data.subarray(0, 100)).trimStart().startsWith("<");
}

function answeredWith(status: number, place: string): string {
  const hint = HINTS[status] ?? (status < 500 ? "check the address" : "try again later");
  return `The server of ${place} answers with the status ${status}: ${hint}.`;
}

function unreachable({ protocol }: URL, place: string): string {
  if (protocol !== "file:") {
    return `${place} cannot be reached or may not be read from this page: check the address and your connection.`;
  }
  return (
    `A page that was opened as a file may not read ${place}: ` +
    "serve the folder, for instance with  python -m http.server  and open the page from there."
  );
}

function readableSize(size: number): string {
  return size % 2 ** 20 ? `${size} bytes` : `${size / 2 ** 20} MiB`;
}
