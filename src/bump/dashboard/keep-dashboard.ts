/** The issue that holds the dashboard: found by its mark, read before the plan, written after the work when it says something else. */
import { UserError } from "../../errors.js";
import type { Issue } from "../../gitlab/forge-schema.js";
import type { GitLab } from "../../gitlab/gitlab.js";
import {
  createIssue,
  getIssue,
  listIssues,
  mayEditIssues,
  ownUserName,
  updateIssue,
} from "../../gitlab/issues.js";
import type { ProjectAddress } from "../../gitlab/projects.js";
import { UnknownFate, type GitLabWriter } from "../../gitlab/writer.js";
import { NO_WISHES, wishesIn, type Wishes } from "../situation/wishes.js";
import { DASHBOARD_MARK, DASHBOARD_WORDS } from "./dashboard.js";

const TITLE = "Artifact updates";

/** Issues with the mark that are looked at; more are nobody's mistake. */
const MAX_CANDIDATES = 20;

export interface Dashboard {
  readonly issue: Issue;
  /** Open ones beside it: of runs that were at work at the same time, or of a bot user who was deleted. */
  readonly duplicates: readonly Issue[];
}

/** What a deleted user opened belongs to this one (GitLab documentation, "Delete account", associated records). */
const GHOST = /^ghost\d*$/;

/**
 * The dashboard, open if there is an open one. Whoever opens an issue may edit it for ever, and ticked boxes are acted on; so it counts
 * only when its author may edit issues of others anyhow, or is the bot itself. Who wrote what a deleted user left, nobody can tell: it is
 * no dashboard, and a duplicate of the one that there is.
 */
export async function findDashboard(gitlab: GitLab, address: ProjectAddress): Promise<Dashboard | undefined> {
  const filter = { search: DASHBOARD_WORDS, in: "description", state: "all" };
  const marked: Issue[] = [];
  for await (const issue of listIssues(gitlab, address, filter)) {
    if (issue.description.startsWith(DASHBOARD_MARK)) marked.push(issue);
    if (marked.length === MAX_CANDIDATES) break;
  }
  if (marked.length === 0) return undefined;
  const self = await ownUserName(gitlab, address.instance);
  const trusted: Issue[] = [];
  for (const issue of marked.toSorted((a, b) => a.iid - b.iid)) {
    const { id, username } = issue.author;
    if (GHOST.test(username)) continue;
    if (username === self || (await mayEditIssues(gitlab, address, id))) trusted.push(issue);
  }
  const isOpen = ({ state }: Issue) => state === "opened";
  const [issue = trusted.at(-1), ...others] = trusted.filter(isOpen);
  const left = marked.filter(({ author }) => GHOST.test(author.username)).filter(isOpen);
  return issue && { issue, duplicates: [...others, ...left] };
}

export function wishesOf(dashboard: Dashboard | undefined): Wishes {
  return dashboard?.issue.state === "opened" ? wishesIn(dashboard.issue.description) : NO_WISHES;
}

export interface Keeping {
  readonly gitlab: GitLab;
  readonly writer: GitLabWriter;
  readonly address: ProjectAddress;
  readonly found: Dashboard | undefined;
  /** The description, with these boxes ticked. */
  readonly describe: (ticked: Wishes) => string;
  /** What was wished for and not carried out. */
  readonly unfulfilled: Wishes;
}

export interface Kept {
  readonly url: string;
  readonly outcome: "created" | "updated" | "unchanged" | "closed by a person";
}

/** Makes the issue say what `describe` says. One that a person closed is left alone. */
export async function keepDashboard(keeping: Keeping): Promise<Kept> {
  const { found, describe, unfulfilled } = keeping;
  if (found === undefined) return create(keeping);
  const { issue } = found;
  if (issue.state !== "opened") return { url: issue.web_url, outcome: "closed by a person" };
  await closeDuplicates(keeping, found);
  if (isSame(issue.description, describe(unfulfilled))) return { url: issue.web_url, outcome: "unchanged" };
  const now = await getIssue(keeping.gitlab, keeping.address, issue.iid);
  const before = wishesIn(issue.description);
  const meanwhile = [...wishesIn(now.description)].filter((wish) => !before.has(wish));
  const description = describe(new Set([...unfulfilled, ...meanwhile]));
  await updateIssue(keeping.writer, keeping.address, { iid: issue.iid, changes: { description } });
  return { url: issue.web_url, outcome: "updated" };
}

/** GitLab lets two runs make two of them; each run then closes all but the oldest. */
async function create(keeping: Keeping): Promise<Kept> {
  const { gitlab, writer, address, describe } = keeping;
  const issue = { title: TITLE, description: describe(NO_WISHES) };
  try {
    await createIssue(writer, address, issue);
  } catch (error) {
    if (!(error instanceof UnknownFate)) throw error;
    if ((await findDashboard(gitlab, address)) === undefined) await createIssue(writer, address, issue);
  }
  const found = await findDashboard(gitlab, address);
  if (found === undefined) throw notFound();
  await closeDuplicates(keeping, found);
  return { url: found.issue.web_url, outcome: "created" };
}

function notFound(): UserError {
  return new UserError("DASHBOARD_NOT_FOUND", "GitLab does not show the dashboard that was just opened", {
    hint: "the next run looks for it again; if it stays unseen, see that the bot's token may read the project's issues",
  });
}

async function closeDuplicates(
  { writer, address }: Keeping,
  { issue, duplicates }: Dashboard,
): Promise<void> {
  for (const { iid } of duplicates) {
    const changes = { description: `Duplicate of #${issue.iid}.`, state_event: "close" } as const;
    await updateIssue(writer, address, { iid, changes });
  }
}

/** GitLab may keep other line ends. */
function isSame(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trimEnd();
  return plain(a) === plain(b);
}
