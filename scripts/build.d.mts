/** Builds the dashboard unless what it is made from has not changed since the last build. @returns whether it did. @throws Error with the build's output */
export function buildDashboard(options?: { log?: (line: string) => void }): Promise<boolean>;
