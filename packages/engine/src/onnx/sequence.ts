/** Sequence operators, which exporters write for chunk, unbind and repeat: lists whose length is known on import. */
import { ModelError } from "../errors.ts";
import type { Value } from "../graph/graph.ts";
import { constantOf } from "../graph/graph.ts";
import { op } from "../ops/functions.ts";
import { type Context, type Item, isSequence, item, knownNumber, value } from "./context.ts";
import { splitFolded } from "./fold.ts";
import { nodeText } from "./node.ts";
import { int64ToNumber, type NodeProto } from "./proto.ts";

export const sequenceOps: Readonly<Record<string, (proto: NodeProto, context: Context) => Item>> = {
  SequenceEmpty: () => [],
  SequenceConstruct: (proto, { items }) => proto.input.map((name) => value(items, name, nodeText(proto))),
  SequenceAt: (proto, context) => sequence(proto, context)[position(proto, 1, context)]!,
  SequenceLength: (proto, context) => context.graph.constant(sequence(proto, context).length, "int64"),
  SequenceErase: (proto, context) => sequence(proto, context).toSpliced(position(proto, 1, context), 1),
  SequenceInsert(proto, context) {
    const list = sequence(proto, context);
    const added = value(context.items, proto.input[1] ?? "", nodeText(proto));
    return list.toSpliced(proto.input[2] ? position(proto, 2, context) : list.length, 0, added);
  },
  ConcatFromSequence(proto, context) {
    const list = sequence(proto, context);
    const axis = attribute(proto, "axis") ?? 0;
    return attribute(proto, "new_axis") === 1 ? op.stack(list, axis) : op.concat(list, axis);
  },
  SplitToSequence(proto, { items }) {
    const where = nodeText(proto);
    const x = value(items, proto.input[0] ?? "", where);
    const given = attribute(proto, "axis") ?? 0;
    const axis = given < 0 ? given + x.shape.length : given;
    const dim = x.shape[axis] ?? 0;
    const sizes = splitSizes(proto.input[1] ? value(items, proto.input[1], where) : null, dim, where);
    const parts = splitFolded(x, sizes, axis);
    const dropAxis = !proto.input[1] && attribute(proto, "keepdims") === 0;
    return dropAxis ? parts.map((part) => op.squeeze(part, [axis])) : parts;
  },
};

/** Sizes along an axis: a list, one size for all but a smaller rest, or 1. */
function splitSizes(split: Value | null, dim: number, where: string): number[] {
  const held = split && constantOf(split);
  if (held && held.shape.length === 1) return Array.from(held.data, Number);
  const size = split ? knownNumber(split, where) : 1;
  if (!(size >= 1))
    throw new ModelError({ code: "BAD_NODE", message: "a split into parts of no size", got: `${size}`, where });
  return Array.from({ length: Math.ceil(dim / size) }, (_, i) => Math.min(size, dim - i * size));
}

function sequence(proto: NodeProto, { items }: Context): readonly Value[] {
  const found = item(items, proto.input[0] ?? "", nodeText(proto));
  if (isSequence(found)) return found;
  throw new ModelError({ code: "BAD_NODE", message: "a tensor where a sequence is wanted", where: nodeText(proto) });
}

function position(proto: NodeProto, input: number, context: Context): number {
  const where = nodeText(proto);
  const given = knownNumber(value(context.items, proto.input[input] ?? "", where), where);
  const { length } = sequence(proto, context);
  const index = given < 0 ? given + length : given;
  if (index >= 0 && index < length + (proto.opType === "SequenceInsert" ? 1 : 0)) return index;
  throw new ModelError({
    code: "BAD_NODE",
    message: "a position outside the sequence",
    expected: `below ${length}`,
    got: `${given}`,
    where,
  });
}

function attribute(proto: NodeProto, key: string): number | undefined {
  const found = proto.attribute.find(({ name }) => name === key);
  return found?.i === undefined ? undefined : int64ToNumber(found.i);
}
