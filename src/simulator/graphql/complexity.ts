import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from "graphql";

/** Fields that a resolver of GitLab stands behind; the others cost one point and what is in them. */
const RESOLVERS: ReadonlySet<string> = new Set(["projects", "pipelines", "jobs"]);
/** Arguments that make a list dearer. */
const DEAR: Readonly<Record<string, number>> = { ref: 2, sha: 2, sort: 1, search: 5 };
const DEFAULT_PAGE = 100;

/**
 * What GitLab says that a query costs: one point a field; a list is all that is in it, and a point, times one and a hundredth
 * of its page size (GitLab `app/graphql/types/base_field.rb`, `app/graphql/resolvers/base_resolver.rb`).
 */
export function complexityOf({ definitions }: DocumentNode): number {
  const operation = definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  return Math.floor(costOf(operation?.selectionSet));
}

function costOf(selections: SelectionSetNode | undefined): number {
  const fields = (selections?.selections ?? []).filter((one) => one.kind === Kind.FIELD);
  return fields.reduce((sum, field) => sum + costOfField(field), 0);
}

function costOfField(field: FieldNode): number {
  const children = costOf(field.selectionSet);
  if (!RESOLVERS.has(field.name.value)) return children + 1;
  const dear = (field.arguments ?? []).reduce((sum, { name }) => sum + (DEAR[name.value] ?? 0), 0);
  return (children + 1 + dear) * (1 + pageSize(field) / 100);
}

function pageSize({ arguments: given = [] }: FieldNode): number {
  const first = given.find(({ name }) => name.value === "first")?.value;
  return first?.kind === Kind.INT ? Number(first.value) : DEFAULT_PAGE;
}
