export { type JobDefinition, type JobName, type JobPayload, jobNames, jobs } from "./catalog.ts";
export { JobError } from "./errors.ts";
export {
  type AddOptions,
  type BulkJob,
  type Consumer,
  createQueue,
  type JobCounts,
  type Queue,
  type QueueOptions,
} from "./queue.ts";
