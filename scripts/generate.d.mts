/** Generates the Prisma client unless it is up to date. @returns whether it wrote. @throws Error with Prisma's output */
export function generate(options?: { force?: boolean }): boolean;
