// The admin kubeconfig, made from the cluster's CA in the machine config, as Talos makes it.
// Source: siderolabs/talos v1.12.0 pkg/kubeconfig/generate.go
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { stringify } from "yaml";
import type { MachineConfig } from "./config.ts";
import { issueClientCertificate } from "./pki.ts";

/** The kubeconfig as text. @throws Error when the config has no cluster CA key, as on a worker */
export async function kubeconfigText(config: MachineConfig): Promise<string> {
  const now = Date.now();
  const admin = await issueClientCertificate(
    config.clusterCA,
    { commonName: "admin", organization: "system:masters" },
    {
      notBefore: new Date(now - 10_000),
      notAfter: new Date(now + config.adminKubeconfigLifetimeSeconds * 1000),
    },
  );
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const user = `admin@${config.clusterName}`;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: config.clusterName,
          cluster: { server: config.endpoint, "certificate-authority-data": base64(config.clusterCA.crt) },
        },
      ],
      users: [
        {
          name: user,
          user: { "client-certificate-data": base64(admin.cert), "client-key-data": base64(admin.key) },
        },
      ],
      contexts: [{ name: user, context: { cluster: config.clusterName, namespace: "default", user } }],
      "current-context": user,
    },
    { lineWidth: 0 },
  );
}

/** The kubeconfig as the API sends it: a gzipped tar with one file. */
export async function kubeconfigArchive(config: MachineConfig): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: "kubeconfig", mode: 0o600, type: "file" }, await kubeconfigText(config));
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts));
}
