// Makes a fixture of a recorded preview: what the plan reads of it, without anything of the lab that it came from.
//
//   eval "$(npm run -s lab -- env)"
//   pulumi preview --json --show-sames --non-interactive | node test/commands/plan/trim.ts > test/commands/plan/recorded/NAME.json
import type { PreviewDigest, PreviewStep, ResourceState } from "../../../commands/plan/preview.ts";

/** What differs between two labs, and what takes its place. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/127\.10\.\d+\./g, "192.0.2."],
  [/urn:pulumi:[^:]+::/g, "urn:pulumi:lab::"],
  [/::home-ops-[\w-]+"/g, `::home-ops-lab"`],
  [/ssh-ed25519 [A-Za-z0-9+/=]+/g, "ssh-ed25519 AAAA"],
  [/age1[a-z0-9]{50,}/g, "age1example"],
  [/"\.lab\/[^"]*?cluster"/g, '"cluster"'],
  [/"(STACK|CLUSTER_NAME)": "[^"]+"/g, '"$1": "lab"'],
  [/home-ops: [a-z0-9-]+/g, "home-ops: lab"],
];

function stateOf(state: ResourceState | undefined): ResourceState | undefined {
  if (state === undefined) return undefined;
  const { type, inputs, dependencies, retainOnDelete } = state;
  return {
    type,
    ...(inputs && { inputs }),
    ...(dependencies && { dependencies }),
    ...(retainOnDelete && { retainOnDelete }),
  };
}

function trimmed({ steps = [], diagnostics }: PreviewDigest): PreviewDigest {
  const kept = steps.filter(({ op, urn }) => op !== "same" || /::talos-.+-os$|pulumi:pulumi:Stack/.test(urn));
  return {
    steps: kept.map(
      ({ op, urn, oldState, newState, replaceReasons, diffReasons, detailedDiff }): PreviewStep => {
        const [before, after] = [stateOf(oldState), stateOf(newState)];
        return {
          op,
          urn,
          // An unchanged one is there for its inputs only.
          ...(op !== "same" && before && { oldState: before }),
          ...(after && { newState: after }),
          ...(replaceReasons && { replaceReasons }),
          ...(op !== "same" && diffReasons && { diffReasons }),
          ...(op !== "same" && { detailedDiff: detailedDiff ?? null }),
        };
      },
    ),
    ...(diagnostics && { diagnostics }),
  };
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
let text = JSON.stringify(
  trimmed(JSON.parse(Buffer.concat(chunks).toString()) as PreviewDigest),
  undefined,
  1,
);
for (const [pattern, replacement] of replacements) text = text.replaceAll(pattern, replacement);
console.log(text);
