/**
 * Every route of the API that the simulator knows.
 */
import { downloadFileByJob, downloadFileByRef, listArtifactTree } from "./artifact-files.js";
import {
  deleteJobArtifacts,
  deleteProjectArtifacts,
  downloadByJob,
  downloadByRef,
  keepArtifacts,
} from "./artifacts.js";
import { FORGE_ROUTES } from "./forge-routes.js";
import { eraseJob, getJob, getOwnJob, listPipelineJobs, listProjectJobs } from "./jobs.js";
import { getLatestPipeline, getPipeline, listBridges, listPipelines } from "./pipelines.js";
import { getMetadata, getOwnToken, getProject, getTag, getUser, getVersion, listTags } from "./projects.js";
import type { Route } from "./router.js";

const OPEN = { login: "optional", jobToken: "never" } as const;
const MEMBERS = { login: "required", jobToken: "never" } as const;
const ARTIFACTS = { login: "optional", jobToken: "artifacts" } as const;
const SINCE_18 = { login: "optional", jobToken: { since: "18.0" } } as const;
const SINCE_19 = { login: "optional", jobToken: { since: "19.0" } } as const;
const JOB = "/projects/:id/jobs/:job_id";
const PIPELINE = "/projects/:id/pipelines/:pipeline_id";

// prettier-ignore
export const ROUTES: readonly Route[] = [
  { method: "GET",    path: "/version",                                     handler: getVersion,             ...MEMBERS, extraScope: "read_user" },
  { method: "GET",    path: "/metadata",                                    handler: getMetadata,            ...MEMBERS, extraScope: "read_user" },
  { method: "GET",    path: "/user",                                        handler: getUser,                ...MEMBERS, extraScope: "read_user" },
  { method: "GET",    path: "/personal_access_tokens/self",                 handler: getOwnToken,            ...MEMBERS, extraScope: "read_user" },
  { method: "GET",    path: "/job",                                         handler: getOwnJob,              login: "required", jobToken: "always" },
  { method: "GET",    path: "/projects/:id",                                handler: getProject,             ...OPEN },
  { method: "GET",    path: "/projects/:id/repository/tags",                handler: listTags,               ...OPEN, extraScope: "read_repository" },
  { method: "GET",    path: "/projects/:id/repository/tags/:tag_name",      handler: getTag,                 ...OPEN, extraScope: "read_repository" },


  { method: "GET",    path: "/projects/:id/pipelines",                      handler: listPipelines,          ...SINCE_19 },
  { method: "GET",    path: "/projects/:id/pipelines/latest",               handler: getLatestPipeline,      ...OPEN },
  { method: "GET",    path: PIPELINE,                                       handler: getPipeline,            ...SINCE_19 },
  { method: "GET",    path: `${PIPELINE}/jobs`,                             handler: listPipelineJobs,       ...SINCE_18 },
  { method: "GET",    path: `${PIPELINE}/bridges`,                          handler: listBridges,            ...SINCE_19 },
  { method: "GET",    path: `${PIPELINE}/trigger_jobs`,                     handler: listBridges,            ...SINCE_19, since: "19.2" },

  { method: "GET",    path: "/projects/:id/jobs",                           handler: listProjectJobs,        login: "required", jobToken: { since: "18.0" } },
  { method: "GET",    path: "/projects/:id/jobs/artifacts/*ref_name/download",             handler: downloadByRef,     ...ARTIFACTS },
  { method: "GET",    path: "/projects/:id/jobs/artifacts/*ref_name/raw/*artifact_path",   handler: downloadFileByRef, ...ARTIFACTS },
  { method: "GET",    path: JOB,                                            handler: getJob,                 ...OPEN },
  { method: "POST",   path: `${JOB}/erase`,                                 handler: eraseJob,               ...MEMBERS },
  { method: "GET",    path: `${JOB}/artifacts`,                             handler: downloadByJob,          ...ARTIFACTS },
  { method: "DELETE", path: `${JOB}/artifacts`,                             handler: deleteJobArtifacts,     ...MEMBERS },
  { method: "POST",   path: `${JOB}/artifacts/keep`,                        handler: keepArtifacts,          ...MEMBERS },
  { method: "GET",    path: `${JOB}/artifacts/tree`,                        handler: listArtifactTree,       ...ARTIFACTS, since: "18.8" },
  { method: "GET",    path: `${JOB}/artifacts/*artifact_path`,              handler: downloadFileByJob,      ...ARTIFACTS },
  { method: "DELETE", path: "/projects/:id/artifacts",                      handler: deleteProjectArtifacts, ...MEMBERS },
  ...FORGE_ROUTES,
];
