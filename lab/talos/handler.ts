// What a service's method looks like to those who write one.
import type { TalosMachine } from "./machine.ts";
import type { Message } from "./protos.ts";
import type { Role } from "./roles.ts";

/** Circumstances of a call. */
export interface CallContext {
  readonly machine: TalosMachine;
  readonly roles: readonly Role[];
  /** Fires when the client is gone or the machine goes down. */
  readonly signal: AbortSignal;
}

/** One method of a service. */
export type Handler =
  /** One answer, which is wrapped as `{messages: […]}` like nearly all of Talos' answers. */
  | {
      readonly kind: "unary";
      readonly run: (request: Message, context: CallContext) => Promise<Message> | Message;
    }
  /** One answer, sent as it is. */
  | {
      readonly kind: "bare";
      readonly run: (request: Message, context: CallContext) => Promise<Message> | Message;
    }
  /** Many answers. */
  | {
      readonly kind: "stream";
      readonly run: (request: Message, context: CallContext) => AsyncIterable<Message>;
    }
  /** Many requests, one answer wrapped as `{messages: […]}`. */
  | {
      readonly kind: "upload";
      readonly run: (requests: AsyncIterable<Message>, context: CallContext) => Promise<Message>;
    };

/** Methods of a service by name, e.g. `Version`. */
export type Handlers = Readonly<Record<string, Handler>>;

/** A method with one answer. */
export function unary(run: (request: Message, context: CallContext) => Promise<Message> | Message): Handler {
  return { kind: "unary", run };
}

/** A method with many answers. */
export function stream(run: (request: Message, context: CallContext) => AsyncIterable<Message>): Handler {
  return { kind: "stream", run };
}
