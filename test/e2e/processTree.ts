export { killTree } from "../../lab/processTree.ts";
