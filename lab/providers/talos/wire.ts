// Reads single fields of an encoded protobuf message: what events carry is packed a second time.

/** The last length-delimited field of that number. Undefined when the message has none. */
export function bytesField(message: Buffer, field: number): Buffer | undefined {
  let found: Buffer | undefined;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (tag >>> 3 === field) found = message.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return found;
    }
  }
  return found;
}

/** The same as text. */
export function textField(message: Buffer, field: number): string | undefined {
  return bytesField(message, field)?.toString("utf8");
}
