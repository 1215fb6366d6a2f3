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
  const unlinked = ({
    dependencies,
    propertyDependencies: byProperty,
    deletedWith = "",
    ...rest
  }: Links): Links => ({
    ...rest,
    ...(dependencies && { dependencies: dependencies.filter(stays) }),
    ...(byProperty && {
      propertyDependencies: Object.fromEntries(
        Object.entries(byProperty).map(([key, of]) => [key, of?.filter(stays) ?? of]),
      ),
    }),
    ...(deletedWith !== "" && stays(deletedWith) && { deletedWith }),
  });
  const resources = resourcesOf(state).filter(({ urn }) => stays(urn));
  return { ...state, deployment: { ...state.deployment, resources: resources.map(unlinked) } };
}
