// The certificate authority with which the lab's proxy ends TLS for public hosts. Made once per lab; its key never
// leaves the lab's folder, and only programs of the lab are told to trust it.
import "../talos/reflectMetadata.ts";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

/** The lab's authority. */
export interface Authority {
  /** Path of its certificate, `<root>/ca.crt`. */
  readonly certificateFile: string;
  /** Path of the computer's certificates and the lab's together, `<root>/bundle.crt`. */
  readonly bundleFile: string;
  /** Certificate for a host, made at the first question and kept for this run. */
  contextFor(host: string): Promise<SecureContext>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 3600 * 1000;
/** A lab may be kept for long; Go and Node set no limit for authorities of one's own. */
const authorityDays = 3650;
/** Below the 398 days that clients accept from public hosts. */
const leafDays = 365;

/** Where systems keep the public authorities. Source: Go crypto/x509 root_linux.go, root_darwin.go. */
const systemBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Opens the authority in a folder; makes it when it is missing or damaged, and writes the bundle anew. */
export async function openAuthority(root: string): Promise<Authority> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const certificateFile = join(root, "ca.crt");
  const keyFile = join(root, "ca.key");
  const bundleFile = join(root, "bundle.crt");
  const authority = (await load(certificateFile, keyFile)) ?? (await make(certificateFile, keyFile));
  const pem = authority.certificate.toString("pem");
  await writeWhole(bundleFile, `${(await systemCertificates()).trimEnd()}\n${pem}\n`, 0o644);
  const contexts = new Map<string, Promise<SecureContext>>();
  return {
    certificateFile,
    bundleFile,
    contextFor: (host) => {
      const known = contexts.get(host) ?? issue(authority, host);
      contexts.set(host, known);
      return known;
    },
  };
}

interface KeyAndCertificate {
  readonly key: webcrypto.CryptoKey;
  readonly certificate: x509.X509Certificate;
}

async function load(certificateFile: string, keyFile: string): Promise<KeyAndCertificate | undefined> {
  try {
    const certificate = new x509.X509Certificate(await readFile(certificateFile, "utf8"));
    const der = createPrivateKey(await readFile(keyFile)).export({ type: "pkcs8", format: "der" });
    const key = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    await chmod(keyFile, 0o600);
    return certificate.notAfter.getTime() > Date.now() + leafDays * dayMs ? { key, certificate } : undefined;
  } catch {
    // Missing or damaged: a new one replaces either, nothing outside this lab trusts the old.
    return undefined;
  }
}

async function make(certificateFile: string, keyFile: string): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=home-ops lab",
    ...validity(authorityDays),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writeWhole(keyFile, await privateKeyPem(keys.privateKey), 0o600);
  await writeWhole(certificateFile, `${certificate.toString("pem")}\n`, 0o644);
  return { key: keys.privateKey, certificate };
}

async function issue(authority: KeyAndCertificate, host: string): Promise<SecureContext> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${host}`,
    issuer: authority.certificate.subject,
    ...validity(leafDays),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: host }]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return createSecureContext({
    key: await privateKeyPem(keys.privateKey),
    cert: `${certificate.toString("pem")}\n${authority.certificate.toString("pem")}`,
    minVersion: "TLSv1.2",
  });
}

/** Valid since yesterday: a clock that is a little behind must not matter. */
function validity(days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + days * dayMs) };
}

function serial(): string {
  // Positive and never zero: RFC 5280 4.1.2.2.
  return `01${randomBytes(15).toString("hex")}`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}

/** What this computer trusts: SSL_CERT_FILE where it is set, else the usual places, else what Node brings. */
async function systemCertificates(): Promise<string> {
  const own = process.env["SSL_CERT_FILE"];
  for (const file of own === undefined || own === "" ? systemBundles : [own, ...systemBundles]) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.includes("BEGIN CERTIFICATE")) return text;
  }
  return rootCertificates.join("\n");
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, text, { mode });
  await rename(`${file}.new`, file);
}
