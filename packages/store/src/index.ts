export { createStore, storeSchemes } from "./create-store.ts";
export { StoreError } from "./errors.ts";
export { fsStore } from "./fs.ts";
export { httpStore } from "./http.ts";
export type { Store, StoredContent } from "./store.ts";
