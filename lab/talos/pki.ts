// Certificates of a lab machine: its Talos API's own, the throw-away ones of maintenance mode, and the admin certificate
// inside a kubeconfig. Made with the keys of the applied machine config, as machined does.
import "./reflectMetadata.ts";
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { CertificateAndKey } from "./config.ts";

/** A certificate with its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Validity of a certificate. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

type SigningAlgorithm = webcrypto.Algorithm | webcrypto.EcdsaParams;

const crypto = webcrypto;
const ed25519 = { name: "Ed25519" };
const day = 24 * 3600 * 1000;

/** From a minute ago, so that clocks may differ a little, for `days` days. */
export function validFor(days: number): Validity {
  const now = Date.now();
  return { notBefore: new Date(now - 60_000), notAfter: new Date(now + days * day) };
}

/** A new Ed25519 authority, as `talosctl gen secrets` makes one for the Talos API. */
export async function newAuthority(organization: string): Promise<KeyPair> {
  const keys = (await crypto.subtle.generateKey(ed25519, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `O=${organization}`,
      serialNumber: serialNumber(),
      ...validFor(3650),
      keys,
      signingAlgorithm: ed25519,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
      ],
    },
    crypto,
  );
  return { cert: certificate.toString("pem"), key: pemOf(keys.privateKey, "pkcs8") };
}

/**
 * A certificate for a Talos API server.
 * @param names IP addresses and host names it is valid for; the first one is its common name
 */
export async function issueServerCertificate(
  authority: CertificateAndKey | KeyPair,
  names: readonly string[],
  validity: Validity,
): Promise<KeyPair> {
  const keys = (await crypto.subtle.generateKey(ed25519, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await issue(authority, keys.publicKey, {
    subject: `CN=${names[0] ?? "talos"}`,
    validity,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) > 0 ? "ip" : "dns", value })),
      ),
    ],
  });
  return { cert: certificate, key: pemOf(keys.privateKey, "pkcs8") };
}

/**
 * A client certificate of an authority, e.g. Kubernetes' admin: CN `admin`, O `system:masters`.
 * The key is of the authority's own kind, as Talos makes it.
 */
export async function issueClientCertificate(
  authority: CertificateAndKey | KeyPair,
  subject: { readonly commonName: string; readonly organization: string | readonly string[] },
  validity: Validity,
): Promise<KeyPair> {
  const kind = createPrivateKey(plainPem(authority.key ?? "")).asymmetricKeyType;
  const algorithm = kind === "ed25519" ? ed25519 : { name: "ECDSA", namedCurve: "P-256" };
  const keys = (await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const usages = x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment;
  const certificate = await issue(authority, keys.publicKey, {
    subject: [
      ...[subject.organization].flat().map((organization) => ({ O: [organization] })),
      ...(subject.commonName === "" ? [] : [{ CN: [subject.commonName] }]),
    ],
    validity,
    extensions: [
      new x509.KeyUsagesExtension(usages, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  return { cert: certificate, key: pemOf(keys.privateKey, kind === "ed25519" ? "pkcs8" : "sec1") };
}

/** Node's name for a Talos key: the config's `ED25519 PRIVATE KEY` holds plain PKCS#8. */
export function plainPem(pem: string): string {
  return pem.replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY");
}

async function issue(
  authority: CertificateAndKey | KeyPair,
  publicKey: webcrypto.CryptoKey,
  wanted: { subject: x509.JsonName | string; validity: Validity; extensions: x509.Extension[] },
): Promise<string> {
  const pem = "crt" in authority ? authority.crt : authority.cert;
  const issuer = new x509.X509Certificate(pem);
  const { key, algorithm } = await signingKey(authority.key ?? "");
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: wanted.subject,
      issuer: issuer.subjectName,
      serialNumber: serialNumber(),
      ...wanted.validity,
      publicKey,
      signingKey: key,
      signingAlgorithm: algorithm,
      extensions: [...wanted.extensions, ...authorityKeyId(issuer)],
    },
    crypto,
  );
  return certificate.toString("pem");
}

// The issuer's own identifier, not a computed one: Go hashes it differently, and OpenSSL refuses a chain that differs.
function authorityKeyId(issuer: x509.X509Certificate): x509.Extension[] {
  const subject = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return subject ? [new x509.AuthorityKeyIdentifierExtension(subject.keyId)] : [];
}

async function signingKey(pem: string): Promise<{ key: webcrypto.CryptoKey; algorithm: SigningAlgorithm }> {
  const key = createPrivateKey(plainPem(pem));
  const curves: Readonly<Record<string, string>> = {
    prime256v1: "P-256",
    secp384r1: "P-384",
    secp521r1: "P-521",
  };
  const imports: Readonly<
    Record<string, webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams | webcrypto.Algorithm>
  > = {
    ed25519,
    ec: { name: "ECDSA", namedCurve: curves[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? "P-256" },
    rsa: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  };
  const kind = key.asymmetricKeyType ?? "";
  const algorithm = imports[kind];
  if (!algorithm) throw new Error(`cannot sign with a key of type ${kind}`);
  const der = key.export({ type: "pkcs8", format: "der" });
  const imported = await crypto.subtle.importKey("pkcs8", new Uint8Array(der), algorithm, false, ["sign"]);
  return { key: imported, algorithm: kind === "ec" ? { name: "ECDSA", hash: "SHA-256" } : algorithm };
}

function pemOf(key: webcrypto.CryptoKey, type: "pkcs8" | "sec1"): string {
  const object = KeyObject.from(key);
  return object.export({ type, format: "pem" }).toString();
}

// Go refuses negative serial numbers: keep the first bit clear, and the number different from zero.
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString("hex");
}
