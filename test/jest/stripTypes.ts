// How jest reads TypeScript: as Node does when `pulumi up` loads the program. The types are blanked out, so every line and
// column stays where it is.
import { stripTypeScriptTypes } from "node:module";

export default { process: (source: string) => ({ code: stripTypeScriptTypes(source) }) };
