/** What an optimiser is to the train step: state of each parameter, numbers of each step, and the update as graph nodes. */
import type { Value } from "../graph/graph.ts";
import type { Schedule } from "./schedule.ts";

/** Parameters that share a learning rate and a weight decay. */
export interface ParameterGroup {
  readonly lr: Schedule;
  readonly weightDecay: number;
}

export interface UpdateInput {
  parameter: Value;
  /** Same shape as the parameter; already clipped. */
  gradient: Value;
  /** One value per entry of `slots`, shaped like the parameter. */
  slots: Readonly<Record<string, Value>>;
  /** One scalar per key that `scalars` returns. */
  scalars: Readonly<Record<string, Value>>;
  group: ParameterGroup;
}

export interface UpdateOutput {
  parameter: Value;
  slots: Readonly<Record<string, Value>>;
}

export interface Optimizer {
  readonly name: string;
  /** Names of the tensors kept for each parameter; they start at zero. */
  readonly slots: readonly string[];
  /** Rates of the parameters that no group rule matches. */
  readonly lr: Schedule;
  /** The group of a parameter, by its name. */
  group(parameterName: string): ParameterGroup;
  /** Everything in step `step` (0, 1, ...) that depends on nothing but the step, in double precision. */
  scalars(step: number, group: ParameterGroup): Readonly<Record<string, number>>;
  /** Adds the nodes of one update to the graph of the parameter. */
  update(input: UpdateInput): UpdateOutput;
}

/** A rule that gives the parameters whose names match their own rate or decay; the first match counts. */
export interface GroupRule {
  match: RegExp;
  lr?: number | Schedule;
  weightDecay?: number;
}

export interface GroupOptions {
  lr: number | Schedule;
  /** Decoupled for AdamW and Lion, added to the gradient for SGD; default 0. */
  weightDecay?: number;
  /** Parameters without weight decay, e.g. /bias$|norm/. */
  exclude?: RegExp;
  groups?: readonly GroupRule[];
}

/** Assigns parameters to groups; equal settings are one group, so that the graph receives their numbers once. */
export function grouping({ lr, weightDecay = 0, exclude, groups = [] }: GroupOptions): Pick<Optimizer, "lr" | "group"> {
  const known: ParameterGroup[] = [];
  const rates = new Map<number | Schedule, Schedule>();
  const schedule = (rate: number | Schedule): Schedule => {
    const found = rates.get(rate) ?? (typeof rate === "number" ? () => rate : rate);
    rates.set(rate, found);
    return found;
  };
  const group = (name: string): ParameterGroup => {
    const rule = groups.find(({ match }) => match.test(name));
    const wanted: ParameterGroup = {
      lr: schedule(rule?.lr ?? lr),
      weightDecay: rule?.weightDecay ?? (exclude?.test(name) ? 0 : weightDecay),
    };
    const same = known.find((group) => group.lr === wanted.lr && group.weightDecay === wanted.weightDecay);
    if (same === undefined) known.push(wanted);
    return same ?? wanted;
  };
  return { lr: schedule(lr), group };
}
