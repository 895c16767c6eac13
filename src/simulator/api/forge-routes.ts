/**
 * The routes that a bot needs to change a repository and to talk to people.
 */
import { compare, createCommit, getCommit, listCommits, listDiffs } from "./commits.js";
import { listGroupProjects } from "./groups.js";
import { createIssue, getIssue, listIssues, updateIssue } from "./issues.js";
import {
  createMergeRequest,
  getMergeRequest,
  listMergeRequestPipelines,
  listMergeRequests,
  mergeMergeRequest,
  rebaseMergeRequest,
  updateMergeRequest,
} from "./merge-requests.js";
import { addToMergeTrain } from "./merge-trains.js";
import { listMilestones } from "./milestones.js";
import { createNote, listNotes } from "./notes.js";
import {
  createBranch,
  deleteBranch,
  getBranch,
  getFile,
  getRawFile,
  listBranches,
  listTree,
} from "./repository.js";
import type { Route } from "./router.js";
import { getMember, listUsers } from "./users.js";

const OPEN = { login: "optional", jobToken: "never" } as const;
const MEMBERS = { login: "required", jobToken: "never" } as const;
const READ_REPOSITORY = { ...OPEN, extraScope: "read_repository" } as const;
const REPOSITORY = "/projects/:id/repository";
const REQUESTS = "/projects/:id/merge_requests";
const TRAINS = "/projects/:id/merge_trains/merge_requests";
const REQUEST = `${REQUESTS}/:merge_request_iid`;

// prettier-ignore
export const FORGE_ROUTES: readonly Route[] = [
  { method: "GET",    path: `${REPOSITORY}/files/:file_path/raw`,  handler: getRawFile,                ...READ_REPOSITORY },
  { method: "GET",    path: `${REPOSITORY}/files/:file_path`,      handler: getFile,                   ...READ_REPOSITORY },
  { method: "GET",    path: `${REPOSITORY}/tree`,                  handler: listTree,                  ...READ_REPOSITORY },
  { method: "GET",    path: `${REPOSITORY}/compare`,               handler: compare,                   ...READ_REPOSITORY },
  { method: "GET",    path: `${REPOSITORY}/branches`,              handler: listBranches,              ...READ_REPOSITORY },
  { method: "GET",    path: `${REPOSITORY}/branches/:branch`,      handler: getBranch,                 ...READ_REPOSITORY },
  { method: "POST",   path: `${REPOSITORY}/branches`,              handler: createBranch,              ...MEMBERS },
  { method: "DELETE", path: `${REPOSITORY}/branches/:branch`,      handler: deleteBranch,              ...MEMBERS },
  { method: "GET",    path: `${REPOSITORY}/commits`,               handler: listCommits,               ...READ_REPOSITORY },
  { method: "POST",   path: `${REPOSITORY}/commits`,               handler: createCommit,              ...MEMBERS },
  { method: "GET",    path: `${REPOSITORY}/commits/:sha/diff`,     handler: listDiffs,                 ...READ_REPOSITORY },
  { method: "GET",    path: `${REPOSITORY}/commits/:sha`,          handler: getCommit,                 ...READ_REPOSITORY },

  { method: "GET",    path: REQUESTS,                              handler: listMergeRequests,         ...OPEN },
  { method: "POST",   path: REQUESTS,                              handler: createMergeRequest,        ...MEMBERS },
  { method: "GET",    path: REQUEST,                               handler: getMergeRequest,           ...OPEN },
  { method: "PUT",    path: REQUEST,                               handler: updateMergeRequest,        ...MEMBERS },
  { method: "GET",    path: `${REQUEST}/pipelines`,                handler: listMergeRequestPipelines, ...OPEN },
  { method: "PUT",    path: `${REQUEST}/merge`,                    handler: mergeMergeRequest,         ...MEMBERS },
  { method: "PUT",    path: `${REQUEST}/rebase`,                   handler: rebaseMergeRequest,        ...MEMBERS },
  { method: "POST",   path: `${TRAINS}/:merge_request_iid`,        handler: addToMergeTrain,           ...MEMBERS },
  { method: "GET",    path: `${REQUEST}/notes`,                    handler: listNotes,                 ...OPEN },
  { method: "POST",   path: `${REQUEST}/notes`,                    handler: createNote,                ...MEMBERS },

  { method: "GET",    path: "/projects/:id/milestones",            handler: listMilestones,            ...OPEN },
  { method: "GET",    path: "/groups/:id/projects",                handler: listGroupProjects,         ...OPEN },
  { method: "GET",    path: "/users",                              handler: listUsers,                 ...MEMBERS },
  { method: "GET",    path: "/projects/:id/issues",                handler: listIssues,                ...OPEN },
  { method: "POST",   path: "/projects/:id/issues",                handler: createIssue,               ...MEMBERS },
  { method: "GET",    path: "/projects/:id/issues/:issue_iid",     handler: getIssue,                  ...OPEN },
  { method: "GET",    path: "/projects/:id/members/all/:user_id",  handler: getMember,                 ...MEMBERS },
  { method: "PUT",    path: "/projects/:id/issues/:issue_iid",     handler: updateIssue,               ...MEMBERS },
];
