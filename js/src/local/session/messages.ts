// What goes between the page and the session that lives beside it: what a notebook and its kernel say.
import type {
  Cell,
  CommonBounds,
  FromKernel,
  LanesTraits,
  SavedTexts,
  Traits,
} from "../../kernel/protocol.ts";

/** The widget of a page as Python saved it. */
export type Saved = SavedOf<"text", Traits> | SavedOf<"lanes", LanesTraits>;

interface SavedOf<Kind extends string, T> {
  readonly kind: Kind;
  readonly traits: T;
  /** Of the model. */
  readonly fingerprint: string;
  /** What was written, parents before their branches; and which of these is shown. */
  readonly texts: readonly SavedTexts[];
  readonly current: number | null;
}

/** The file of a model, or the same in base64. */
export type Weights = Uint8Array | string;

/** To the session: the model and the widget, once; then what is set, and what is asked. Or just a search for cells. */
export type ToSession =
  | { readonly method: "load"; readonly saved: Saved; readonly weights: Weights }
  | { readonly method: "search"; readonly bounds: CommonBounds; readonly weights: Uint8Array }
  | { readonly method: "stop" }
  | { readonly method: "update"; readonly state: object }
  | { readonly method: "custom"; readonly content: unknown };

/** To the page: that there is a session; traits that have changed; and what is answered. Or how a search goes; no cells if it failed. */
export type FromSession =
  | { readonly method: "ready" }
  | { readonly method: "searched"; readonly done: number; readonly cells: readonly Cell[] | null }
  | { readonly method: "update"; readonly state: object }
  | {
      readonly method: "custom";
      readonly content: FromKernel;
      readonly buffers: readonly ArrayBuffer[];
    };

export type ToPage = (message: FromSession) => void;
