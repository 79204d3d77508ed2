// Servers that answer oddly, or not at all.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LSTMGenerator } from "../src/p5ml/index.ts";
import { FOLDER, type Site, site } from "./p5ml-site.ts";

const MANIFEST = `${FOLDER}manifest.json`;
const KERNEL = `${FOLDER}file1`;

let pages: Site;

beforeEach(() => {
  pages = site();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function said(path = FOLDER): Promise<string> {
  const error = await new LSTMGenerator(path).generate().catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toContain("\n");
  return (error as Error).message;
}

it.each([
  [401, "it asks for a password"],
  [418, "check the address"],
  [429, "it has had too many requests"],
  [503, "try again later"],
])("says what the status %i means", async (status, hint) => {
  pages.set(KERNEL, () => new Response("", { status }));
  expect(await said()).toBe(
    `The server of '${KERNEL}' answers with the status ${status}: ${hint}.`,
  );
});

it("takes a page in the place of a file for nothing", async () => {
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  pages.set(MANIFEST, () => new Response("\n<html>Not found</html>", { headers }));
  expect(await said()).toMatch(/^The file manifest.json is missing at /);
});

it("reads no more of a file than it may hold", async () => {
  const pull = vi.fn((controller: ReadableStreamDefaultController) => {
    controller.enqueue(new Uint8Array(1000));
  });
  const cancel = vi.fn();
  pages.set(KERNEL, () => new Response(new ReadableStream({ pull, cancel })));
  expect(await said()).toMatch(/^The file 'file1' has too many bytes, but the shape /);
  expect(pull.mock.calls.length).toBeLessThan(5);
});

it("refuses a file that is announced as too large before it comes", async () => {
  const pull = vi.fn();
  const headers = { "Content-Length": "1000000000000" };
  const stream = () => new ReadableStream({ pull }, { highWaterMark: 0 });
  pages.set(KERNEL, () => new Response(stream(), { headers }));
  expect(await said()).toMatch(/^The file 'file1' has 1000000000000 bytes, but the shape /);
  pages.set(MANIFEST, () => new Response(stream(), { headers }));
  expect(await said()).toBe("manifest.json is larger than 16 MiB, the limit for a model.");
  expect(pull).not.toHaveBeenCalled();
});

it("does not ask for any weights where the shapes are too large", async () => {
  const kernel = vi.fn(() => new Response());
  pages.set(KERNEL, kernel);
  const manifest = JSON.parse(pages.get(MANIFEST) as string);
  manifest["rnnlm/softmax_w"].shape = [2 ** 20, 2 ** 20];
  pages.set(MANIFEST, JSON.stringify(manifest));
  expect(await said()).toMatch(/^manifest.json announces \d+ bytes of weights; at most /);
  expect(kernel).not.toHaveBeenCalled();
});

it("never asks for a file outside the folder", async () => {
  const asked = vi.fn(() => new Response());
  for (const name of [
    "../secret",
    "a/../../secret",
    "/secret",
    "..\\secret",
    "http://localhost:3000/secret",
  ]) {
    const manifest = JSON.parse(pages.get(MANIFEST) as string);
    manifest.embedding.filename = name;
    pages.set(MANIFEST, JSON.stringify(manifest));
    pages.set("http://localhost:3000/models/secret", asked);
    pages.set("http://localhost:3000/secret", asked);
    expect(await said()).toMatch(/ is outside the model's folder, which is not allowed\.$/);
  }
  expect(asked).not.toHaveBeenCalled();
});

it("says that nothing can be reached, and repeats no password", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const sentence = await said("http://user:secret@example.org/model?key=secret");
  expect(sentence).toContain("'http://example.org/model/manifest.json?...' cannot be reached");
  expect(sentence).not.toContain("secret");
  expect(await said("file:///models/small/")).toContain("serve the folder");
});

it("does not wait for ever", async () => {
  vi.useFakeTimers();
  pages.set(KERNEL, () => new Promise<Response>(() => {}));
  const sentence = said();
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await sentence).toBe(`'${KERNEL}' sent nothing for 30 seconds: try again later.`);
});
