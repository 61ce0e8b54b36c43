import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { cancel } from "./cancel.ts";
import { detect } from "./detect.ts";
import { exportRun } from "./export.ts";
import { fork } from "./fork.ts";
import { launch } from "./launch.ts";
import { leaderboard } from "./leaderboard.ts";
import { link } from "./link.ts";
import { logs } from "./logs.ts";
import { ls } from "./ls.ts";
import { pause } from "./pause.ts";
import { priority } from "./priority.ts";
import { projects } from "./projects.ts";
import { recipes } from "./recipes.ts";
import { release } from "./release.ts";
import { reproduce } from "./reproduce.ts";
import { rerun } from "./rerun.ts";
import { resume } from "./resume.ts";
import { retry } from "./retry.ts";
import { show } from "./show.ts";
import { sweep } from "./sweep.ts";
import { sweeps } from "./sweeps.ts";
import { verify } from "./verify.ts";
import { why } from "./why.ts";
import { workers } from "./workers.ts";

/** Adds one command to the program. What a command needs beyond its options is imported when it runs. */
export type RegisterCommand = (program: Command, env: CliEnv) => void;

/** In the order of `retort --help`. */
export const commands = {
  launch,
  sweep,
  sweeps,
  ls,
  show,
  logs,
  cancel,
  retry,
  rerun,
  fork,
  reproduce,
  why,
  pause,
  resume,
  priority,
  release,
  export: exportRun,
  leaderboard,
  recipes,
  detect,
  projects,
  workers,
  link,
  verify,
} satisfies Record<string, RegisterCommand>;
