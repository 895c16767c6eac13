/**
 * The GraphQL API of the simulated instance: the part that finds the newest jobs of many projects with one request.
 * Types, arguments and limits: GitLab documentation, "GraphQL API resources" and "GraphQL API: Limits".
 */
import { buildSchema } from "graphql";

export const SCHEMA = buildSchema(`
  scalar Time
  scalar BigInt
  enum PipelineStatusEnum { CREATED PENDING RUNNING SUCCESS FAILED CANCELED SKIPPED MANUAL SCHEDULED }
  type Query { projects(fullPaths: [String!], ids: [ID!], first: Int): ProjectConnection }
  type ProjectConnection { nodes: [Project] }
  type Project {
    id: ID!
    fullPath: ID!
    pipelines(ref: String, status: PipelineStatusEnum, first: Int): PipelineConnection
  }
  type PipelineConnection { nodes: [Pipeline] }
  type Pipeline {
    id: ID!
    iid: String!
    sha: String
    ref: String
    status: String!
    source: String
    createdAt: Time!
    commit: Commit
    jobs(retried: Boolean, first: Int): CiJobConnection
  }
  type Commit { sha: String! title: String authoredDate: Time committedDate: Time }
  type CiJobConnection { nodes: [CiJob] pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! }
  type CiJob {
    id: ID
    name: String
    status: String
    createdByTag: Boolean!
    createdAt: Time!
    finishedAt: Time
    artifacts: CiJobArtifactConnection
  }
  type CiJobArtifactConnection { nodes: [CiJobArtifact] }
  type CiJobArtifact { id: ID! name: String fileType: String size: BigInt! expireAt: Time }
`);
