// Taking resources out of an exported state without asking anybody, as `pulumi state delete` does; but that one stops at
// what depends on them, and here nothing that depends is to go with them.
import { resourcesOf, type StackState, type StateResource } from "../pulumi/state.ts";

/** What a resource's state says of others. Source: pulumi/pulumi sdk/go/common/apitype/core.go, ResourceV3. */
interface Links extends StateResource {
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  readonly deletedWith?: string;
}

/** The state without some resources, and without a mention of them. Everything else stays as it is. Pure. */
export function withoutResources(state: StackState, urns: readonly string[]): StackState {
  const stays = (urn: string): boolean => !urns.includes(urn);
  const resources = resourcesOf(state).filter(({ urn }) => stays(urn));
  return {
    ...state,
    deployment: { ...state.deployment, resources: resources.map((found: Links) => unlinked(found, stays)) },
  };
}

function unlinked(found: Links, stays: (urn: string) => boolean): Links {
  const { dependencies, propertyDependencies, deletedWith, ...rest } = found;
  return {
    ...rest,
    ...(dependencies === undefined ? {} : { dependencies: dependencies.filter(stays) }),
    ...(propertyDependencies === undefined
      ? {}
      : {
          propertyDependencies: Object.fromEntries(
            Object.entries(propertyDependencies).map(([key, of]) => [key, of?.filter(stays) ?? of]),
          ),
        }),
    ...(deletedWith === undefined || !stays(deletedWith) ? {} : { deletedWith }),
  };
}
