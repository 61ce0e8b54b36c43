import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = "/sys/fs/cgroup";

/** Text of a file of this process's control group and of each group around it, innermost first; groups that lack it are left out. */
export function cgroupFiles(name: string): string[] {
  const membership = readOrNull("/proc/self/cgroup");
  const texts = cgroupDirectories(membership ?? "").map((directory) => readOrNull(join(directory, name)));
  return texts.filter((text) => text !== null);
}

/** Directories of the process's group (cgroups(7), version 2: the line "0::/path") and of those around it, innermost first. */
export function cgroupDirectories(membership: string): string[] {
  const path = /^0::(\/.*)$/m.exec(membership)?.[1] ?? "/";
  const directories = [join(root, path)];
  while (directories.at(-1)!.length > root.length + 1) directories.push(dirname(directories.at(-1)!));
  return directories;
}

/** Text of a file below /sys/fs/cgroup by the layout of version 1; null where there is none. */
export function cgroupV1File(path: string): string | null {
  return readOrNull(join(root, path));
}

/** "max", -1, or no number: no limit. */
export function cgroupLimit(text: string | null | undefined): number {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) || value <= 0 ? Number.POSITIVE_INFINITY : value;
}

// At once: the kernel has these files in memory, and each attempt looks.
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
