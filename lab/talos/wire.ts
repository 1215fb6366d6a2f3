// What apid does to encoded messages without knowing their type: it marks whose answer it is, and makes answers out of
// errors.
// Source: siderolabs/talos v1.12.0 internal/app/apid/pkg/backend/apid.go
import { rpcErrorText, statusOf } from "./errors.ts";
import { codec } from "./protos.ts";

const messagesField = 0x0a; // field 1, length-delimited

/** Marks an encoded answer as that of a target. A streamed answer carries the mark itself, another in its first message. */
export function markAnswer(answer: Buffer, target: string, streamed: boolean): Buffer {
  const mark = codec("common.Empty").encode({ metadata: { hostname: target } });
  if (streamed) return Buffer.concat([answer, mark]);
  if (answer.length === 0) return answer;
  if (answer[0] !== messagesField) throw new Error(`unexpected message format: ${String(answer[0])}`);
  const length = varintLength(answer, 1);
  const body = answer.subarray(1 + length);
  return Buffer.concat([Buffer.from([messagesField]), varint(body.length + mark.length), body, mark]);
}

/** The answer that stands for a target that failed. */
export function errorAnswer(error: unknown, target: string, streamed: boolean): Buffer {
  const { code, details } = statusOf(error);
  const metadata = { hostname: target, error: rpcErrorText(error), status: { code, message: details } };
  return streamed
    ? codec("common.Empty").encode({ metadata })
    : codec("common.EmptyResponse").encode({ messages: [{ metadata }] });
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function varintLength(buffer: Buffer, offset: number): number {
  let length = 1;
  while (((buffer[offset + length - 1] ?? 0) & 0x80) !== 0) length++;
  return length;
}
