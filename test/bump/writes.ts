/** Everything that the bot writes in GitLab. */
import { PROJECT } from "./company.js";
import type { SmallCompany } from "./small-company.js";

/** A write, and what makes the bot want it. The tools are acme and brisk, both locked and both followed. */
export interface Write {
  readonly name: string;
  readonly method: string;
  readonly path: string | RegExp;
  readonly arrange: (company: SmallCompany) => Promise<void> | void;
  /** Whether the dashboard is kept. */
  readonly dashboard?: boolean;
}

const open = async (company: SmallCompany) => {
  company.newest.set("acme", 2);
  await company.run();
};

const lockByHand = async (company: SmallCompany) => {
  await open(company);
  company.forge.repository.merge("artifacts/acme", "main", "By hand");
};

const BRANCH = "artifacts/acme";
export const WRITES: readonly Write[] = [
  {
    name: "the commit of a new branch",
    method: "POST",
    path: "repository/commits",
    arrange: ({ newest }) => void newest.set("acme", 2),
  },
  {
    name: "the commit that replaces another",
    method: "POST",
    path: "repository/commits",
    async arrange(company) {
      await open(company);
      company.newest.set("acme", 3);
    },
  },
  {
    name: "a new merge request, with labels and people",
    method: "POST",
    path: /merge_requests$/,
    arrange: ({ newest }) => void newest.set("acme", 2),
  },
  {
    name: "a changed merge request",
    method: "PUT",
    path: /merge_requests\/1$/,
    async arrange(company) {
      await open(company);
      company.newest.set("acme", 3);
    },
  },
  { name: "a closed merge request", method: "PUT", path: /merge_requests\/1$/, arrange: lockByHand },
  { name: "the comment on what is closed", method: "POST", path: "/notes", arrange: lockByHand },
  { name: "the deletion of a branch", method: "DELETE", path: "repository/branches", arrange: lockByHand },
  {
    name: "the comment on what a person edited",
    method: "POST",
    path: "/notes",
    async arrange(company) {
      await open(company);
      company.forge.repository.commit(BRANCH, { files: { "notes.md": "mine" } });
      company.newest.set("acme", 3);
    },
  },
  {
    name: "an automatic merge",
    method: "PUT",
    path: /merge_requests\/1\/merge$/,
    async arrange(company) {
      await open(company);
      const sha = company.forge.headOf(BRANCH) ?? "";
      company.state.addPipeline(PROJECT, { ref: BRANCH, sha, status: "success" });
    },
  },
  {
    name: "a merge request for the merge train",
    method: "POST",
    path: "merge_trains",
    async arrange(company) {
      company.forge.project.mergeTrains = true;
      await open(company);
      const sha = company.forge.headOf(BRANCH) ?? "";
      company.state.addPipeline(PROJECT, { ref: BRANCH, sha, status: "success" });
    },
  },
  {
    name: "a new dashboard",
    method: "POST",
    path: /issues$/,
    dashboard: true,
    arrange: ({ newest }) => void newest.set("acme", 2),
  },
  {
    name: "a changed dashboard",
    method: "PUT",
    path: /issues\/1$/,
    dashboard: true,
    async arrange(company) {
      await open(company);
      company.newest.set("brisk", 2);
    },
  },
];
