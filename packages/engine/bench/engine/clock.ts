/** Milliseconds that have passed, or that all threads of this process have computed. */
export const clocks = {
  time: (): number => performance.now(),
  cpu: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

export type ClockName = keyof typeof clocks;
