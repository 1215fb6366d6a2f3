// IPv4 arithmetic: what lies in which network, which networks overlap.
import { isIPv4 } from "node:net";

/** First and last address of a network as numbers, and the length of its prefix. */
export interface Network {
  readonly first: number;
  readonly last: number;
  readonly bits: number;
}

/** The addresses of a network, e.g. of `192.0.2.0/24`; host bits are ignored; undefined when it is not a network. */
export function networkOf(cidr: string): Network | undefined {
  const [, address = "", length = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(cidr) ?? [];
  const bits = Number(length);
  if (!isIPv4(address) || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1, bits };
}

/** The network a CIDR means, without host bits: `192.0.2.0/24` for `192.0.2.9/24`; undefined when it is not one. */
export function networkAddress(cidr: string): string | undefined {
  const network = networkOf(cidr);
  return network && `${toText(network.first)}/${network.bits}`;
}

/** Whether two networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [networkOf(one), networkOf(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** Whether an address lies in a network. */
export function contains(cidr: string, address: string): boolean {
  return overlap(cidr, `${address}/32`);
}

/**
 * What an address is in its network when no machine can have it, e.g. `the network address` for `192.0.2.0` in
 * `192.0.2.0/24`; undefined for every other. A /31 has two addresses for machines and a /32 one (RFC 3021).
 */
export function reservedAddress(cidr: string, address: string): string | undefined {
  const network = networkOf(cidr);
  if (network === undefined || network.bits > 30) return undefined;
  if (toNumber(address) === network.first) return "the network address";
  return toNumber(address) === network.last ? "the broadcast address" : undefined;
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}
