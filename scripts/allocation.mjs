/**
 * glibc hands every block of 128 KiB or more back to the system as soon as it is free, and the next step of a training faults all its
 * pages in anew: up to half of the step's time. These keep freed memory, up to 2 GiB, in the process; 32 MiB is the most that glibc takes.
 * Other C libraries do not read them. For the environment of whatever trains or evaluates: attempts of a worker, benchmarks and tests.
 */
export const allocation = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(2 * 2 ** 30),
};
