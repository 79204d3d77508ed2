// Where the session of a page lives: in a worker, so that the page never stutters; where there are none, in the
// page itself, whose pieces of work are short.
import { Serving } from "./serving.ts";
import type { FromSession, ToSession } from "./session/messages.ts";

/** What a worker has, as far as it is needed here. */
interface WorkerScope {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  onmessage: ((event: { data: ToSession }) => void) | null;
  close(): void;
}

/** Be the worker. */
export function serve(scope: WorkerScope): void {
  const serving = new Serving((message) => {
    scope.postMessage(message, message.method === "custom" ? message.buffers : []);
    if (message.method === "searched" && message.done >= 1) scope.close();
  });
  scope.onmessage = ({ data }) => {
    serving.receive(data);
    if (data.method === "stop") scope.close();
  };
}

/**
 * Begin a session.
 * @param source a script that calls `serve` in a worker; nothing is fetched
 * @param hear takes what the session says
 * @returns what sends it a message
 */
export function beginSession(
  source: string,
  hear: (message: FromSession) => void,
): (message: ToSession) => void {
  /** What was sent before there was an answer: a worker may turn out not to work. */
  let unheard: ToSession[] | null = [];
  let post: (message: ToSession) => void;
  const heard = (message: FromSession) => {
    if (message.method === "ready") unheard = null;
    else hear(message);
  };
  const stay = () => {
    if (unheard === null) return;
    post = inThePage(heard);
    for (const message of unheard ?? []) post(message);
  };
  try {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.onmessage = ({ data }: MessageEvent<FromSession>) => heard(data);
    worker.onerror = stay;
    post = (message) => worker.postMessage(message);
  } catch {
    post = inThePage(heard);
  }
  return (message) => {
    unheard?.push(message);
    post(message);
  };
}

/** A session in the page: each message is taken up by itself, so that the page can do other things in between. */
function inThePage(hear: (message: FromSession) => void): (message: ToSession) => void {
  let serving: Serving | null = null;
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }: MessageEvent<ToSession>) => {
    serving ??= new Serving(hear);
    serving.receive(data);
  };
  return (message) => port1.postMessage(message);
}
