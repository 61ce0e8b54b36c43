export function answering(
  url: string,
  options: { isOver(): boolean; onWaiting(seconds: number, last: string): void; everyMs?: number },
): Promise<void>;
