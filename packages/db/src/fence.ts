/** Names one attempt: every write of a worker carries it, and is refused with LostLeaseError once the attempt is over. */
export interface Fence {
  stageId: string;
  attempt: number;
  workerId: string;
}
