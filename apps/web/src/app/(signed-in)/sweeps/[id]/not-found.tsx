import { Missing } from "../../../../features/shell/missing.tsx";

export default function SweepNotFound() {
  return (
    <Missing what="sweep" href="/sweeps">
      All sweeps
    </Missing>
  );
}
