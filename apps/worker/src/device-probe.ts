import { providers } from "@retort/engine/node";

// Run by device.ts in a process of its own.
process.send?.(await providers(), undefined, undefined, () => process.disconnect());
