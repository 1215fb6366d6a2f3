// The door of this room: what the program (src) and the commands may use of it; ESLint lets them import no other file of it.
// Everything that reads or checks a Git tree is here, and nothing here knows a stack config, Pulumi or a cluster. The file
// has the name that a package's entry usually has: the room could be a package of its own, and imports nothing but packages.

// The tree as the program needs it.
export { readTree, type Tree } from "./readTree.ts";
export { findHandOff, handOffFiles } from "./handOffObjects.ts";
export { checkIntegrity, integrityOf } from "./sopsMac.ts";
export { sopsProblem } from "./sopsProblem.ts";

// The model of a whole tree, which the rules of check:cluster read.
export { readModel, readModelOnDisk, type Placed, type TreeModel } from "./model/treeModel.ts";
export { fluxNamespace, type FluxKustomization } from "./model/fluxKustomizations.ts";
export type { Instance } from "./model/instance.ts";
export { exampleSuffix } from "./model/kustomize.ts";
export type { KustomizeFile, Named } from "./model/kustomizeFiles.ts";
export { filesOf, governing } from "./model/leftOut.ts";
export { lineOf, type FieldPath, type FileObject, type Origin, type TreeObject } from "./model/objects.ts";
export { inRepository, inTree } from "./model/place.ts";
export type { IgnorePattern } from "./model/sourceIgnore.ts";
export type { YamlFile } from "./model/treeFiles.ts";
export { fieldsOf, listOf, textOf, valueAt, type Fields } from "./model/values.ts";
export { providersOf, substituteFromOf, variablesOf, type Reference } from "./model/variables.ts";
export { listFiles } from "./yamlFiles.ts";

// What may be wrong with a tree.
export type { Finding } from "./finding.ts";
export { apiVersionOf, removalOf } from "./apis.ts";
export { oldObjects, removedApiVersions, withCurrentVersions, type OldObject } from "./apiVersions.ts";
export { checkFluxKustomization, checkHandOff, type HandOffObjects } from "./checkHandOff.ts";
export { checkRepositoryName } from "./repositoryName.ts";
export { refusedNames } from "./variableNames.ts";
export { strangeValues } from "./variableValues.ts";
export { undefinedVariables } from "./variables.ts";
