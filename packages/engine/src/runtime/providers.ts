/** Execution providers of ONNX Runtime: which load here, and the session options that suit a shared machine. [node] */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { InferenceSession, listSupportedBackends } from "onnxruntime-node";
import { DeviceError, ModelError } from "../errors.ts";
import { attributeType, encodeModel } from "../onnx/proto.ts";

/** Every provider that can be asked for, with what makes it present. */
const requirements = {
  cpu: "nothing: it is always there",
  webgpu: "a GPU with a Vulkan, Metal or Direct3D 12 driver",
  cuda: "CUDA 12, cuDNN 9 and ONNX Runtime's CUDA libraries (`npx onnxruntime-node-install --cuda=12` beside onnxruntime-node)",
  tensorrt: "TensorRT 10 and ONNX Runtime's CUDA libraries (see cuda)",
  dml: "Windows with DirectML",
  coreml: "macOS",
} as const;

export type Provider = keyof typeof requirements;

export const knownProviders = Object.keys(requirements) as Provider[];

export interface SessionSettings {
  /** Execution provider, default "cpu". */
  provider?: Provider;
  /** Threads of one operator, default 1. */
  threads?: number;
  /** Writes ONNX Runtime's profile to `<prefix>_<time>.json` when the session is disposed. */
  profilePrefix?: string;
}

let loading: Promise<Provider[]> | undefined;

/** The providers that really load on this machine, found by opening a tiny session on each; the answer is kept. */
export function providers(): Promise<Provider[]> {
  loading ??= (async () => {
    const present: Provider[] = [];
    for (const provider of knownProviders) if (await loads(provider)) present.push(provider);
    return present;
  })();
  return loading;
}

/**
 * Opens a session, after which the caller owns it.
 * @throws DeviceError PROVIDER_ABSENT naming the providers that are present and what would install the missing one
 * @throws ModelError NO_KERNEL, BFLOAT16 (not carried by ONNX Runtime's JavaScript binding) or SESSION_REFUSED
 */
export async function openSession(model: Uint8Array, settings: SessionSettings): Promise<InferenceSession> {
  const provider = settings.provider ?? "cpu";
  if (provider !== "cpu" && !(await providers()).includes(provider))
    throw new DeviceError({
      code: "PROVIDER_ABSENT",
      message: `the execution provider ${provider} does not load here`,
      expected: `one of ${(await providers()).join(", ")}`,
      got: provider,
      fix: `${provider} needs ${requirements[provider] ?? "a name from the list"}.`,
    });
  try {
    return await InferenceSession.create(model, sessionOptions({ ...settings, provider }));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const missing = /Could not find an implementation|NOT_IMPLEMENTED/.test(got);
    const code = missing ? "NO_KERNEL" : /data type: 16/.test(got) ? "BFLOAT16" : "SESSION_REFUSED";
    throw new ModelError({ code, message: `ONNX Runtime cannot run this graph on ${provider}`, got, cause });
  }
}

function sessionOptions({
  provider = "cpu",
  threads = 1,
  profilePrefix,
}: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // Shapes are fixed and the same tensors come and go in every step, which malloc serves as fast as ONNX Runtime's arena
    // (measured: the same CPU time) without keeping a third more memory.
    enableCpuMemArena: false,
    enableMemPattern: false,
    // Warnings are about graphs that a user cannot change; errors arrive as exceptions.
    logSeverityLevel: 3,
    // Spinning threads would take the cores from other runs on the same machine.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
}

async function loads(provider: Provider): Promise<boolean> {
  if (provider === "cpu") return true;
  const backend = listSupportedBackends().find(({ name }) => name === provider);
  if (backend === undefined || (!backend.bundled && !libraryExists(provider))) return false;
  try {
    const session = await InferenceSession.create(tinyModel(), { executionProviders: [provider], logSeverityLevel: 4 });
    await session.release();
    return true;
  } catch {
    return false; // the question was whether it loads: a refusal is the answer
  }
}

/** Asking ONNX Runtime for a missing library prints an error on the console, so look first. */
function libraryExists(provider: Provider): boolean {
  const binding = join("bin", "napi-v6", process.platform, process.arch);
  const home = dirname(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")));
  return ["libonnxruntime_providers_%.so", "onnxruntime_providers_%.dll"].some((pattern) =>
    existsSync(join(home, binding, pattern.replace("%", provider))),
  );
}

function tinyModel(): Uint8Array {
  const scalar = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } });
  const twice = { name: "twice", type: attributeType.int, i: 1 };
  return encodeModel({
    irVersion: 9,
    opsetImport: [{ version: 20 }],
    graph: {
      name: "probe",
      input: [scalar("x")],
      output: [scalar("y")],
      initializer: [],
      node: [{ opType: "Softmax", input: ["x"], output: ["y"], attribute: [{ ...twice, name: "axis", i: 0 }] }],
    },
  });
}
