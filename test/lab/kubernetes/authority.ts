// Certificate authorities for tests of what a control plane runs.
import "../../../lab/talos/reflectMetadata.ts";
import { KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** An authority with the kind of key that those of Kubernetes and etcd have. PEM texts. */
export async function newAuthority(): Promise<{ readonly crt: string; readonly key: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "O=kubernetes",
      keys,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto,
  );
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { crt: certificate.toString("pem"), key };
}
