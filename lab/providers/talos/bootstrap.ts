// The resource `talos:machine/bootstrap:Bootstrap`. Not idempotent, as the real one: a machine whose etcd has data
// answers AlreadyExists, which is tried again until the time is over. Source: terraform-provider-talos v0.11.0
// pkg/talos/talos_machine_bootstrap_resource.go.
import type { ResourceDefinition } from "../shared/provider.ts";
import type { CheckProblem } from "../shared/spec.ts";
import { bootstrap as call, retry, withMachine } from "./machine.ts";
import { clientConfigurationSpec, endpointOf, nodeSpecs, timeoutsSpec } from "./specs.ts";
import { diagnosed, machineOf, requireClient, timeoutOf, timeoutProblems } from "./target.ts";

const id = "machine_bootstrap";

/** `talos:machine/bootstrap:Bootstrap`. */
export const bootstrap: ResourceDefinition = {
  description: "The machine bootstrap resource allows you to bootstrap a Talos node.",
  inputs: {
    ...nodeSpecs,
    clientConfiguration: clientConfigurationSpec,
    clientConfigurationWo: clientConfigurationSpec,
    timeouts: timeoutsSpec("talos:machine/BootstrapTimeouts:BootstrapTimeouts", ["create"]),
  },
  requiredInputs: ["node"],
  outputs: {},
  requiredOutputs: ["endpoint", "node"],
  validate(inputs): readonly CheckProblem[] {
    const problems = timeoutProblems(inputs);
    requireClient(inputs);
    return problems;
  },
  plan: async ({ inputs }) => ({ ...inputs, endpoint: endpointOf(inputs) }),
  async create(planned, operation) {
    const machine = machineOf(planned);
    await diagnosed(
      "Error bootstrapping node",
      retry(timeoutOf(planned, "create"), operation.signal, (signal) =>
        withMachine(machine, signal, (connection) => call(connection, machine.node, signal)),
      ),
    );
    return { id, outputs: planned };
  },
  // Only the state changes: a cluster is bootstrapped once.
  update: async (_id, _olds, planned) => planned,
  async read(_id, state) {
    // Any id means "it is done already"; nothing else is known, and the next update fills it in.
    if (state === undefined) return { id, inputs: {}, outputs: {} };
    return {
      id,
      outputs: state,
      inputs: Object.fromEntries(Object.entries(state).filter(([name]) => name in bootstrap.inputs)),
    };
  },
};
