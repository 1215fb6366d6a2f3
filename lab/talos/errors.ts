// Errors as gRPC has them: a status code and a text.
import { status } from "@grpc/grpc-js";

/** Name of a gRPC status code, as Go spells it. */
export type Code =
  | "Canceled"
  | "Unknown"
  | "InvalidArgument"
  | "DeadlineExceeded"
  | "NotFound"
  | "AlreadyExists"
  | "PermissionDenied"
  | "FailedPrecondition"
  | "Unimplemented"
  | "Internal"
  | "Unavailable";

const numbers: Readonly<Record<Code, number>> = {
  Canceled: status.CANCELLED,
  Unknown: status.UNKNOWN,
  InvalidArgument: status.INVALID_ARGUMENT,
  DeadlineExceeded: status.DEADLINE_EXCEEDED,
  NotFound: status.NOT_FOUND,
  AlreadyExists: status.ALREADY_EXISTS,
  PermissionDenied: status.PERMISSION_DENIED,
  FailedPrecondition: status.FAILED_PRECONDITION,
  Unimplemented: status.UNIMPLEMENTED,
  Internal: status.INTERNAL,
  Unavailable: status.UNAVAILABLE,
};

/** An answer that is an error. Anything else that is thrown reaches the client as `Unknown`, as with Go's plain errors. */
export class StatusError extends Error {
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** The status of anything thrown, in numbers for the wire. */
export function statusOf(error: unknown): { code: number; codeName: Code; details: string } {
  const name = codeName(error);
  return {
    code: numbers[name],
    codeName: name,
    details: error instanceof Error ? error.message : String(error),
  };
}

/** Go's text of a gRPC error, e.g. `rpc error: code = Unavailable desc = …`. */
export function rpcErrorText(error: unknown): string {
  const { codeName: code, details } = statusOf(error);
  return `rpc error: code = ${code} desc = ${details}`;
}

function codeName(error: unknown): Code {
  // A runtime's errors carry a `code` of the same names without being of this class.
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code in numbers ? (code as Code) : "Unknown";
}
