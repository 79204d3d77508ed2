import type { AnyModel } from "@anywidget/types";
import { type HostMessage, type HostModel, hostModel } from "./host-model.ts";

/** Told by the model when it hears again and knows what it has missed. */
export const CAUGHT_UP = "lstm-widget:caught-up";

type Hear = (this: HostModel, message: HostMessage) => Promise<void>;

const NOTHING: HostMessage = { content: { data: { method: "nothing" } }, buffers: [] };

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

function hearAgain(host: HostModel): void {
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
function inherited(host: HostModel): Hear | undefined {
  let owner = host;
  while (!Object.hasOwn(owner, "_handle_comm_msg")) owner = Object.getPrototypeOf(owner);
  return Object.getPrototypeOf(owner)?._handle_comm_msg;
}
