import { graph, op, tensor, exportOnnx } from "../src/index.ts";
import * as ort from "onnxruntime-node";
for (const [N,D] of [[4096,64],[3600,64],[3072,64],[2048,64],[1024,128],[512,256],[256,512],[64,2048],[131072,1],[262144,1],[8,16384]] as const) {
const g = graph("r"); const V=1;
const idx = g.input("i",{dtype:"int64",shape:[N,1]}); const u=g.input("u",{dtype:"float32",shape:[N,D]});
g.output("y", op.scatterND(g.zeros({dtype:"float32",shape:[V,D]}), idx, u, {reduction:"add"}));
const out:any[]=[];
for (const t of [2,4]) {
const s = await ort.InferenceSession.create(exportOnnx(g), { intraOpNumThreads: t, extra: { session: { intra_op: { allow_spinning: "1" } } } });
let bad=0; const f={i:new ort.Tensor("int64",new BigInt64Array(N),[N,1]), u:new ort.Tensor("float32",new Float32Array(N*D).fill(1),[N,D])}; const t0=performance.now();
for (let k=0;k<300;k++){ const r = await s.run(f); for (const x of r.y!.data as Float32Array) if (x!==N/V) {bad++; break;} }
out.push(t,bad,((performance.now()-t0)/300).toFixed(2));await s.release();}
console.log(N,D,N*D,out.join(" "));}
