/** Stands in for the migration runner, which finds its files on disk beside its source and so cannot be bundled. */
export function migrate(): never {
  throw new Error("The dashboard does not migrate the database: `npm start` does, before it starts the dashboard");
}
