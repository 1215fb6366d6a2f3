// Certificates of the control plane and the kubelets, signed by the CAs in the machine config, as Talos signs them.
import "../talos/reflectMetadata.ts";
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { CertificateAndKey } from "../talos/config.ts";

/** A certificate with its key, both PEM. */
export interface IssuedCertificate {
  readonly crt: string;
  readonly key: string;
}

/** Whom a certificate is for, and for what. */
export interface Subject {
  readonly commonName: string;
  /** Kubernetes takes it as the group, e.g. `system:masters`. */
  readonly organization?: string;
  /** Addresses and host names that a server has. */
  readonly names?: readonly string[];
  readonly usages: readonly ("server" | "client")[];
}

const crypto = webcrypto;
const p256 = { name: "ECDSA", namedCurve: "P-256" };
const validityMs = 365 * 24 * 3600 * 1000;

/** A certificate with a new key. @throws Error when the authority has no key, as in a worker's config */
export async function issueCertificate(
  authority: CertificateAndKey,
  subject: Subject,
): Promise<IssuedCertificate> {
  const keys = await crypto.subtle.generateKey(p256, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(authority.crt);
  const issuerKeyId = issuer.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const organization = subject.organization === undefined ? "" : `O=${subject.organization},`;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: `${organization}CN=${subject.commonName}`,
      issuer: issuer.subjectName,
      serialNumber: serialNumber(),
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + validityMs),
      publicKey: keys.publicKey,
      signingKey: await importKey(authority),
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true,
        ),
        new x509.ExtendedKeyUsageExtension(
          subject.usages.map((usage) =>
            usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
          ),
        ),
        ...(subject.names === undefined ? [] : [alternativeNames(subject.names)]),
        ...(issuerKeyId === undefined ? [] : [new x509.AuthorityKeyIdentifierExtension(issuerKeyId)]),
      ],
    },
    crypto,
  );
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { crt: certificate.toString("pem"), key };
}

function alternativeNames(names: readonly string[]): x509.Extension {
  return new x509.SubjectAlternativeNameExtension(
    [...new Set(names)].map((value) => ({ type: isIP(value) > 0 ? "ip" : "dns", value })),
  );
}

async function importKey(authority: CertificateAndKey): Promise<webcrypto.CryptoKey> {
  if (authority.key === undefined) throw new Error("this authority's key is not in the machine config");
  const der = createPrivateKey(authority.key).export({ type: "pkcs8", format: "der" });
  return crypto.subtle.importKey("pkcs8", new Uint8Array(der), p256, false, ["sign"]);
}

/** Positive and different from zero: Go refuses anything else. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString("hex");
}
