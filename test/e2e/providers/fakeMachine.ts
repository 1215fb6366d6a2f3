// The smallest thing that a Talos provider takes for a machine: maintenance mode without client certificates, then
// mutual TLS with the cluster's CA. Every call is written down; answers can be replaced.
import "../../../lab/talos/reflectMetadata.ts";
import { webcrypto } from "node:crypto";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type {
  Metadata,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import * as x509 from "@peculiar/x509";
import { pack } from "tar-stream";

const proto = loadSync(["machine.proto", "storage.proto"], {
  includeDirs: [fileURLToPath(new URL("../../../lab/talos/proto/", import.meta.url))],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
});

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
const algorithm = { name: "Ed25519" };
const year = 365 * 24 * 3600 * 1000;

/** Base64 of a PEM certificate and its key, as machine configs hold them. */
export interface Authority {
  readonly cert: string;
  readonly key: string;
}

async function serverCredentials(
  address: string,
  authority: Authority | undefined,
): Promise<ServerCredentials> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + year) };
  const extensions = [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: "ip", value: address }]),
  ];
  let certificate: x509.X509Certificate;
  if (authority === undefined)
    certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: "O=maintenance",
      keys,
      signingAlgorithm: algorithm,
      extensions,
      ...dates,
    });
  else {
    const pem = Buffer.from(authority.key, "base64")
      .toString()
      .replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY");
    const der = x509.PemConverter.decodeFirst(pem);
    const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    const issuer = new x509.X509Certificate(Buffer.from(authority.cert, "base64").toString());
    certificate = await x509.X509CertificateGenerator.create({
      subject: "CN=machine",
      issuer: issuer.subject,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions,
      ...dates,
    });
  }
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  return ServerCredentials.createSsl(
    authority === undefined ? null : Buffer.from(authority.cert, "base64"),
    [{ private_key: Buffer.from(key), cert_chain: Buffer.from(certificate.toString("pem")) }],
    authority !== undefined,
  );
}

/** A refusal: gRPC code and words. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
}

/** The machine. */
export class FakeMachine {
  readonly address: string;
  /** Calls so far, e.g. `Disks insecure node=127.10.204.11`. */
  readonly calls: string[] = [];
  /** The last config that arrived. */
  config = "";
  /** Refusals by method; each is used once. */
  readonly refusals = new Map<string, Refusal[]>();
  /** What ApplyConfiguration says it will do. */
  applyMode = "NO_REBOOT";
  bootId = "boot-1";
  kubeconfig = "";
  /** Called when a reset was asked for; it says what happens to the machine. */
  onReset: () => Promise<void> = async () => undefined;
  #server: Server | undefined;
  #events: ServerWritableStream<unknown, unknown> | undefined;
  #port = 0;
  #mode = "";

  constructor(address: string) {
    this.address = address;
  }

  /** What to connect to. */
  get endpoint(): string {
    return `${this.address}:${this.#port}`;
  }

  /** Starts (again) in maintenance mode, or configured when an authority is given. */
  async start(authority?: Authority): Promise<void> {
    this.stop();
    this.#mode = authority === undefined ? "insecure" : "mutual";
    const server = new Server();
    server.addService(this.#definition("machine.MachineService"), this.#machineService());
    server.addService(this.#definition("storage.StorageService"), {
      Disks: this.#unary("Disks", () => ({ messages: [{ disks: [] }] })),
    });
    const creds = await serverCredentials(this.address, authority);
    this.#port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`${this.address}:${this.#port}`, creds, (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
    this.#server = server;
  }

  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  /** Sends an event: a message of the machine package, already encoded. */
  event(type: string, value: Buffer, actor: string): void {
    this.#events?.write({
      data: { type_url: `talos/runtime/machine.${type}`, value },
      id: "1",
      actor_id: actor,
    });
  }

  #definition(service: string): Parameters<Server["addService"]>[0] {
    return proto[service] as unknown as Parameters<Server["addService"]>[0];
  }

  #note(method: string, metadata: Metadata): Refusal | undefined {
    const target = ["node", "nodes"]
      .map((key) => metadata.get(key)[0] && `${key}=${String(metadata.get(key)[0])}`)
      .find(Boolean);
    this.calls.push(`${method} ${this.#mode} ${target}`);
    return this.refusals.get(method)?.shift();
  }

  #unary(method: string, answer: (request: Record<string, unknown>) => object) {
    return (call: ServerUnaryCall<Record<string, unknown>, object>, respond: sendUnaryData<object>): void => {
      const refusal = this.#note(method, call.metadata);
      if (refusal) respond(refusal);
      else respond(null, answer(call.request));
    };
  }

  #stream(method: string, answer: (call: ServerWritableStream<Record<string, unknown>, object>) => void) {
    return (call: ServerWritableStream<Record<string, unknown>, object>): void => {
      const refusal = this.#note(method, call.metadata);
      if (refusal) call.emit("error", refusal);
      else answer(call);
    };
  }

  #machineService(): UntypedServiceImplementation {
    return {
      Version: this.#unary("Version", () => ({ messages: [{ version: { tag: "v1.12.0" } }] })),
      ApplyConfiguration: this.#unary("ApplyConfiguration", (request) => {
        this.calls.push(`  mode=${String(request["mode"])} dry_run=${String(request["dry_run"])}`);
        this.config = (request["data"] as Buffer).toString();
        return { messages: [{ mode: this.applyMode }] };
      }),
      Bootstrap: this.#unary("Bootstrap", () => ({ messages: [{}] })),
      Reset: this.#unary("Reset", (request) => {
        this.calls.push(`  ${JSON.stringify(request)}`);
        void this.onReset();
        return { messages: [{ actor_id: "actor-1" }] };
      }),
      Kubeconfig: this.#stream("Kubeconfig", (call) => {
        const archive = pack();
        archive.entry({ name: "kubeconfig" }, this.kubeconfig);
        archive.finalize();
        const parts: Buffer[] = [];
        archive.on("data", (part: unknown) => parts.push(part as Buffer));
        archive.on("end", () => {
          const bytes = gzipSync(Buffer.concat(parts));
          call.write({ bytes: bytes.subarray(0, 10) });
          call.write({ bytes: bytes.subarray(10) });
          call.end();
        });
      }),
      Events: this.#stream("Events", (call) => {
        this.#events = call;
        call.write({});
      }),
      Read: this.#stream("Read", (call) => {
        this.calls.push(`  path=${String(call.request["path"])}`);
        call.write({ bytes: Buffer.from(`${this.bootId}\n`) });
        call.end();
      }),
    };
  }
}

/** A certificate of our own, base64 PEM, that ends at the given time: to see renewals. */
export async function certificateUntil(notAfter: Date): Promise<string> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=admin",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - year),
    notAfter,
  });
  return Buffer.from(certificate.toString("pem")).toString("base64");
}
