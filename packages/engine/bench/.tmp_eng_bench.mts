import { buildModel } from "/work/main/packages/engine/bench/models.ts";
import { grad, tensor, op, exportOnnx } from "/work/main/packages/engine/src/index.ts";
import * as ort from "onnxruntime-node";
import { writeFileSync } from "node:fs";
const name = (process.argv[2] ?? "S") as "S"; const threads = Number(process.argv[3] ?? 1); const prof = process.argv[4]==="prof";
const { graph: g, loss } = buildModel(name) as any;
const params = [...g.parameters.values()] as any[];
const t0=performance.now();
const gs = grad(loss, params);
const mode = process.argv[5] ?? "train";
g.output("loss", loss);
if (mode==="train") gs.forEach((v,i)=>g.output("grad."+params[i].name, v));
g.prune();
const bytes = exportOnnx(g);
console.log("nodes", g.nodes.length, "compile ms", performance.now()-t0);
const so:any = { intraOpNumThreads: threads, executionMode: "sequential", graphOptimizationLevel: "all", extra: { session: { intra_op: { allow_spinning: "0" } } } };
if (prof) { so.enableProfiling = true; so.profileFilePrefix = "/tmp/w/prof_"+name; }
const s = await ort.InferenceSession.create(bytes, so);
const feeds:any = {};
for (const i of g.inputs) { const n=i.shape.reduce((a:number,b:number)=>a*b,1);
  if (i.dtype==="int64") feeds[i.name]=new ort.Tensor("int64", BigInt64Array.from({length:n},(_,k)=>BigInt((k*7919)%(name==="V"?13:2048))), [...i.shape]);
  else feeds[i.name]=new ort.Tensor("float32", Float32Array.from({length:n},(_,k)=>Math.sin(k)), [...i.shape]); }
const ts=[]; const N = Number(process.argv[6] ?? 8);
for (let k=0;k<N;k++){ const a=performance.now(); const r=await s.run(feeds, prof?undefined as any:["loss"]); ts.push(performance.now()-a); if(k===0) console.log("loss", r.loss.data[0]); }
ts.sort((a,b)=>a-b); console.log(name, mode, threads, "min", ts[0].toFixed(1), "median", ts[ts.length>>1].toFixed(1));
if (prof) (s as any).endProfiling();
