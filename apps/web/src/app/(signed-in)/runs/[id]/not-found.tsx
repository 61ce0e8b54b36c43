import { Missing } from "../../../../features/shell/missing.tsx";

export default function RunNotFound() {
  return (
    <Missing what="run" href="/runs">
      All runs
    </Missing>
  );
}
