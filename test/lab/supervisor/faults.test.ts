import { describe, expect, it } from "@jest/globals";
import { runtimeFaults } from "../../../lab/kubernetes/machineRuntime.ts";
import { serviceFaults } from "../../../lab/serviceFaults.ts";
import type { Services } from "../../../lab/services.ts";
import { activeFaults, faultHelp, switchFault } from "../../../lab/supervisor/faults.ts";
import { checkImage } from "../../../lab/supervisor/images.ts";
import type { Lab, RunningMachine } from "../../../lab/supervisor/lab.ts";
import { machineFaults } from "../../../lab/talos/options.ts";

/** A part that only remembers which faults are on. */
class Part {
  readonly on = new Set<string>();
  has(name: string): boolean {
    return this.on.has(name);
  }
  fault(name: string, on: boolean): Promise<void> {
    if (on) this.on.add(name);
    else this.on.delete(name);
    return Promise.resolve();
  }
}

function labOf(...names: string[]): Pick<Lab, "machines" | "services"> {
  const services = new Part();
  const machines = names.map((name) => ({
    machine: Object.assign(new Part(), { name }),
    runtime: new Part(),
  }));
  return {
    machines: machines as unknown as readonly RunningMachine[],
    services: Object.assign(services, { faults: () => [...services.on] }) as unknown as Services,
  };
}

describe("the faults of a lab", () => {
  it("reach the machine, what runs on it, or the services, and are listed until they are off", async () => {
    const lab = labOf("k8s-1", "k8s-2");
    await switchFault(lab, "neverBack", true, "k8s-2");
    await switchFault(lab, "etcd-unhealthy", true, "k8s-2");
    await switchFault(lab, "registry-down", true);
    expect(activeFaults(lab)).toStrictEqual(["k8s-2 neverBack", "k8s-2 etcd-unhealthy", "registry-down"]);
    await switchFault(lab, "neverBack", false, "k8s-2");
    expect(activeFaults(lab)).toStrictEqual(["k8s-2 etcd-unhealthy", "registry-down"]);
  });

  it("of a machine need one, and say which there are", async () => {
    await expect(switchFault(labOf("k8s-1", "k8s-2"), "api-down", true, "k8s-9")).rejects.toThrow(
      /^the fault api-down needs a machine: k8s-1, k8s-2; found k8s-9$/,
    );
  });

  it("are all in the help", () => {
    const [machines = "", services = ""] = faultHelp().split("service faults:");
    expect(machines).toMatch(/^machine faults \(with the machine's name\):$/m);
    for (const [help, names] of [
      [machines, [...Object.keys(machineFaults), ...Object.keys(runtimeFaults)]],
      [services, [...Object.keys(serviceFaults), "host-down:HOST", "image-missing:PART"]],
    ] as const)
      for (const name of names) expect(help).toMatch(new RegExp(`^  ${name} +\\S.{10}`, "m"));
  });
});

describe("an image that a machine pulls", () => {
  const kubelet = "ghcr.io/siderolabs/kubelet:v1.35.4";
  const installer = "factory.talos.dev/metal-installer/abc:v1.12.0";
  const look = (image: string, ...faults: string[]): Promise<string> =>
    checkImage(
      { faults: () => faults, factory: { hasInstaller: () => true } } as unknown as Services,
      image,
    ).then(
      () => "found",
      (error: unknown) => (error as Error).message,
    );

  it("is found while nothing is wrong", async () => {
    expect(await look(kubelet)).toBe("found");
    expect(await look(installer)).toBe("found");
  });

  it("is not there when the registry does not have it", async () => {
    expect(await look("ghcr.io/siderolabs/kubelet:v1.99.0")).toMatch(/v1\.99\.0: not found$/);
    expect(await look(kubelet, "image-missing:kubelet")).toMatch(/: not found$/);
    expect(await look(installer, "image-missing:kubelet")).toBe("found");
  });

  it("cannot be had while its registry is down, and only that one", async () => {
    expect(await look(kubelet, "registry-down")).toMatch(/503 Service Unavailable$/);
    expect(await look(installer, "registry-down")).toBe("found");
    expect(await look(installer, "host-down:factory.talos.dev")).toMatch(/connection refused$/);
    expect(await look(kubelet, "host-down:factory.talos.dev")).toBe("found");
    expect(await look(installer, "internet-down")).toMatch(/connection refused$/);
  });
});
