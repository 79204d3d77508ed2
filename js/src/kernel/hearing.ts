import type { AnyModel } from "@anywidget/types";

/** Told by the model when it hears again and knows what it has missed. */
export const CAUGHT_UP = "lstm-widget:caught-up";

type Hear = (this: Host, message: Message) => Promise<void>;

interface Message {
  content: { data: { method: string; state?: object } };
  buffers?: unknown[];
}

/** The host's own model, as far as it is needed here. */
interface Host {
  attributes: Record<string, unknown>;
  /** What the next `save_changes` sends. */
  _buffered_state_diff?: Record<string, unknown>;
  _handle_comm_msg: Hear;
  /** Missing in the record of a widget, which has no kernel. */
  comm?: { on_msg(hear: (message: Message) => unknown): void; send(data: object): unknown };
  trigger(event: string): void;
}

const PROBE = "_lstm_widget_probe";
const NOTHING: Message = { content: { data: { method: "nothing" } }, buffers: [] };

/**
 * Have a model hear its kernel in any case. anywidget gives a new one two seconds to load its module: on a
 * page that is busy they pass, and from then on each message of the kernel is dropped, though the view is
 * drawn. Here each is given to what anywidget gives them to, and what was missed is asked for.
 */
export async function keepHearing(model: AnyModel): Promise<void> {
  const host = hostModel(model);
  if (host === undefined) return;
  try {
    await host._handle_comm_msg(NOTHING);
  } catch {
    hearAgain(host);
  }
}

/** The host's model, which it names to those who listen to a change; undefined where there is none. */
function hostModel(model: AnyModel): Host | undefined {
  let host: Host | undefined;
  const meet = (from: unknown) => {
    if (typeof (from as Host | undefined)?._handle_comm_msg === "function") host = from as Host;
  };
  model.on(`change:${PROBE}`, meet);
  model.set(PROBE, true);
  model.off(`change:${PROBE}`, meet);
  model.set(PROBE, undefined);
  if (host?._buffered_state_diff !== undefined) delete host._buffered_state_diff[PROBE];
  if (host !== undefined) delete host.attributes[PROBE];
  return host;
}

function hearAgain(host: Host): void {
  const { comm } = host;
  const hear = inherited(host);
  if (comm === undefined || hear === undefined) return;
  let isBehind = true;
  host._handle_comm_msg = async (message) => {
    await hear.call(host, message);
    const { method, state = {} } = message.content.data;
    if (!isBehind || method !== "update" || !("_page" in state)) return; // what was asked for is whole
    isBehind = false;
    host.trigger(CAUGHT_UP);
  };
  comm.on_msg((message) => host._handle_comm_msg(message));
  comm.send({ method: "request_state" });
}

/** What anywidget's own method hands its messages on to. */
function inherited(host: Host): Hear | undefined {
  let owner = host;
  while (!Object.hasOwn(owner, "_handle_comm_msg")) owner = Object.getPrototypeOf(owner);
  return Object.getPrototypeOf(owner)?._handle_comm_msg;
}
