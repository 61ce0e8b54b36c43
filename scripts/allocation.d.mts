export const allocation: Readonly<Record<"MALLOC_MMAP_THRESHOLD_" | "MALLOC_TRIM_THRESHOLD_", string>>;
