// A folder of files at an address.

import { shortRepr } from "../local/python-repr.ts";
import { fileIn, folderAt, shownAddress, titleOf } from "./address.ts";
import { download } from "./download.ts";

export class WebFolder {
  /** What the folder is called. */
  readonly title: string;
  /** Where it is, as an error says it. */
  readonly where: string;
  readonly #address: URL;

  /** @param address of the folder, or of the manifest in it */
  constructor(address: URL) {
    this.#address = folderAt(address);
    this.title = titleOf(this.#address);
    this.where = `at ${shortRepr(shownAddress(this.#address))}`;
  }

  /** Read one file, of at most so many bytes; `null` if there is none. */
  async read(name: string, atMost: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const address = fileIn(this.#address, name);
    return address && (await download(address, atMost, name));
  }
}
