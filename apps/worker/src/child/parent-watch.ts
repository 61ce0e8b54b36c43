import { Worker } from "node:worker_threads";

const checkEveryMs = 500;
const graceMs = 2_000;

// Plain JavaScript: the thread starts without the loader. It kills its whole process group, whose leader this process is.
const watch = `
const { workerData } = require("node:worker_threads");
let orphanedAt = 0;
setInterval(() => {
  if (process.ppid === workerData.parent) return;
  orphanedAt ||= Date.now();
  if (Date.now() - orphanedAt < workerData.graceMs) return;
  try { process.kill(-process.pid, "SIGKILL"); } catch { process.kill(process.pid, "SIGKILL"); }
}, workerData.checkEveryMs);
`;

/**
 * Ends this process when its worker is gone and the event loop does not turn any more, blocked in native code: a lost channel
 * is not noticed then, but a thread of its own can look who the parent is.
 */
export function watchParent(): void {
  const workerData = { parent: process.ppid, checkEveryMs, graceMs };
  new Worker(watch, { eval: true, workerData, execArgv: [], stdin: false }).unref();
}
