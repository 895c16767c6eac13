/**
 * What the caller may see and do: projects, their jobs, the artifacts of a job.
 */
import { json, refuse, refuseMissingRecord, Refusal, text } from "../http/reply.js";
import type { Artifacts, Job, Project, Token } from "../state/model.js";
import { unauthorized } from "./authenticate.js";
import type { Exchange } from "./exchange.js";
import { integerParam } from "./parameters.js";

/** From the fewest rights to the most. */
export const ROLES = ["guest", "reporter", "developer", "maintainer", "owner"] as const;
type Role = (typeof ROLES)[number];

/** The project that `:id` names. What the caller may not see looks as if it were not there. */
export function projectOf(exchange: Exchange): Project {
  const { id = "" } = exchange.params;
  const project = exchange.instance.state.findProject(id);
  if (project === undefined) refuse(404, "Project Not Found");
  if (!maySee(exchange, project)) refuseHidden(exchange, project);
  if (id.includes("/") && !isPathOf(project, id)) refuseMoved(exchange, project);
  return project;
}

/** Upper and lower case are the same. */
function isPathOf({ path }: Project, id: string): boolean {
  return id.toLowerCase() === path.toLowerCase();
}

/** Only a job is told that its token is the reason (GitLab `lib/api/helpers.rb`, `handle_job_token_failure!`). */
function refuseHidden({ caller, instance }: Exchange, { path }: Project): never {
  if (caller?.job === undefined) refuse(404, "Project Not Found");
  const [from, to] = [instance.state.jobById(caller.job).pipeline.project.path, path].map(lastOf);
  refuse(403, `Forbidden - Authentication by CI/CD job token not allowed from ${from} to ${to}.`);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The project that has this path now, or this id, if the caller may see its jobs. */
export function projectFor(exchange: Exchange, name: string): Project | undefined {
  const project = exchange.instance.state.findProject(name);
  if (project === undefined || !maySee(exchange, project)) return undefined;
  if (name.includes("/") && !isPathOf(project, name)) return undefined;
  return project.publicJobs || hasRole(exchange, project, "reporter") ? project : undefined;
}

/** The same, for the routes that show pipelines and jobs. */
export function projectWithJobs(exchange: Exchange): Project {
  const project = projectOf(exchange);
  if (!project.publicJobs && !hasRole(exchange, project, "reporter")) refuse(403, "Forbidden");
  return project;
}

/** The job that `:job_id` names. */
export function jobOf(exchange: Exchange): Job {
  const id = integerParam(exchange, "job_id");
  const project = projectWithJobs(exchange);
  const job = exchange.instance.state.jobs.get(id);
  if (job === undefined || job.pipeline.project !== project) refuseMissingRecord();
  return job;
}

/** `artifacts:access` of the job that made them. */
export function requireArtifactsAccess(exchange: Exchange, job: Job): void {
  const access: Artifacts["access"] = job.artifacts?.access ?? "all";
  if (access === "none" || (access !== "all" && !hasRole(exchange, job.pipeline.project, access)))
    refuse(403, "Forbidden");
}

/** For what changes something: strangers get 401, members of too low a role 403. */
export function requireRole(exchange: Exchange, project: Project, role: Role): void {
  if (exchange.caller === undefined) unauthorized();
  if (!hasRole(exchange, project, role)) refuse(403, "Forbidden");
}

/** The role that a user has in a project; undefined for a stranger. */
export function roleOf({ state }: Exchange["instance"], project: Project, user: string): Role | undefined {
  return [...state.tokens.values()].find((token) => token.user === user && isMember(token, project))?.role;
}

export function maySee(exchange: Exchange, project: Project): boolean {
  const { visibility } = project;
  if (visibility === "public" || (visibility === "internal" && exchange.caller !== undefined)) return true;
  return hasRole(exchange, project, "guest");
}

export function hasRole({ caller, instance }: Exchange, project: Project, role: Role): boolean {
  if (caller === undefined || !isMember(caller, project)) return false;
  if (caller.kind === "job" && caller.job !== undefined) {
    const source = instance.state.jobById(caller.job).pipeline.project;
    if (source !== project && !project.jobTokenAllowlist.includes(source.path)) return false;
  }
  return ROLES.indexOf(caller.role) >= ROLES.indexOf(role);
}

function isMember({ projects }: Token, { path }: Project): boolean {
  return projects === undefined || projects.includes(path);
}

/** A project that was renamed answers at its old path with a redirect to its id, but to GET only. */
function refuseMoved({ request, instance }: Exchange, project: Project): never {
  if (request.method !== "GET") {
    throw new Refusal(json({ message: "Non GET methods are not allowed for moved projects" }, 405));
  }
  const rest = request.target.replace(/^\/api\/v4\/projects\/[^/?]+/, "");
  const location = `${instance.url}/api/v4/projects/${project.id}${rest}`;
  throw new Refusal(
    text(301, `This resource has been moved permanently to ${location}.`, { Location: location }),
  );
}
