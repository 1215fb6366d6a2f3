// Where the state is: pulumi knows.
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pulumi } from "../pulumiCli.ts";

/** The folder `.pulumi` of a file backend; undefined for other backends, which look after themselves. */
export function fileBackend(): string | undefined {
  const { url } = JSON.parse(pulumi(["whoami", "--json", "--verbose"])) as { url?: string };
  if (url?.startsWith("file://") !== true) return undefined;
  const path = url.startsWith("file://~")
    ? join(homedir(), url.slice("file://~".length))
    : fileURLToPath(url);
  return join(path, ".pulumi");
}
