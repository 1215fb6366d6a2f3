// Stand-in for the plugin `pulumi-resource-github`.
import { serveProvider } from "../shared/serve.ts";
import { definition } from "./definition.ts";

await serveProvider(definition);
