import type { AnyModel } from "@anywidget/types";

/** A message of the kernel as the host hands it on. */
export interface HostMessage {
  content: { data: { method: string; state?: object } };
  buffers?: unknown[];
}

/** The host's own model, as far as it is needed here. */
export interface HostModel extends Pick<AnyModel, "on" | "off" | "send"> {
  attributes: Record<string, unknown>;
  /** What the next `save_changes` sends. */
  _buffered_state_diff?: Record<string, unknown>;
  _handle_comm_msg(message: HostMessage): Promise<void>;
  /** Missing in the record of a widget, which has no kernel. */
  comm?: { on_msg(hear: (message: HostMessage) => unknown): void; send(data: object): unknown };
  trigger(event: string): void;
}

const PROBE = "_lstm_widget_probe";

/**
 * The host's model, which it names to those who listen to a change; undefined where there is none. anywidget
 * gives each view a model of its own, which is deaf once that view is closed; this one is the same for all.
 */
export function hostModel(model: Pick<AnyModel, "on" | "off" | "set">): HostModel | undefined {
  let host: HostModel | undefined;
  const meet = (from: unknown) => {
    const met = from as HostModel | undefined;
    if (typeof met?._handle_comm_msg === "function") host = met;
  };
  model.on(`change:${PROBE}`, meet);
  model.set(PROBE, true);
  model.off(`change:${PROBE}`, meet);
  model.set(PROBE, undefined);
  if (host?._buffered_state_diff !== undefined) delete host._buffered_state_diff[PROBE];
  if (host !== undefined) delete host.attributes[PROBE];
  return host;
}
