import type { ProviderDefinition } from "../shared/provider.ts";
import { command, runFunction } from "./command.ts";

/** Stand-in for pulumi-command v1.2.1: its `local` half. */
export const definition: ProviderDefinition = {
  name: "command",
  version: "1.2.1",
  description: "Stand-in for the Command provider: local commands only.",
  config: {},
  acceptsSecrets: true,
  resources: { "command:local:Command": command },
  functions: { "command:local:run": runFunction },
};
