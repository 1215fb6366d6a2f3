// IPv4 arithmetic: what lies in which network, which networks overlap.
import { isIPv4 } from "node:net";

/** First and last address of a network, as numbers. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** The addresses of a network, e.g. of `192.0.2.0/24`; host bits are ignored; undefined when it is not a network. */
export function cidrRange(cidr: string): Range | undefined {
  const [address = "", bits = "", ...rest] = cidr.split("/");
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32 || rest.length > 0) return undefined;
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

/** The network a CIDR means, without host bits: `192.0.2.0/24` for `192.0.2.9/24`; undefined when it is not one. */
export function networkAddress(cidr: string): string | undefined {
  const range = cidrRange(cidr);
  return range === undefined ? undefined : `${toText(range.first)}/${String(Number(cidr.split("/")[1]))}`;
}

/** Whether an address lies in a network. */
export function contains(cidr: string, address: string): boolean {
  const range = cidrRange(cidr);
  if (range === undefined || !isIPv4(address)) return false;
  const number = toNumber(address);
  return range.first <= number && number <= range.last;
}

/**
 * What an address is in its network when no machine can have it, e.g. `the network address` for `192.0.2.0` in
 * `192.0.2.0/24`; undefined for every other. A /31 has two addresses for machines and a /32 one (RFC 3021).
 */
export function reservedAddress(cidr: string, address: string): string | undefined {
  const range = cidrRange(cidr);
  if (range === undefined || !isIPv4(address) || range.last - range.first < 3) return undefined;
  const number = toNumber(address);
  if (number === range.first) return "the network address";
  return number === range.last ? "the broadcast address" : undefined;
}

/** Length of a network's prefix, e.g. 24 of `192.0.2.0/24`; undefined when it is not a network. */
export function prefixLength(cidr: string): number | undefined {
  return cidrRange(cidr) === undefined ? undefined : Number(cidr.split("/")[1]);
}

/** Whether two networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [cidrRange(one), cidrRange(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((bits) => String(Math.floor(number / 2 ** bits) % 256)).join(".");
}
