/** The mark: a retort, its neck leading the distillate away. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className}
    >
      <path d="M8.700 8.600a6 6 0 1 0 6 7.400c.4-1.700 0-3.400-.9-4.700l7.200-4.900" />
      <path d="M8.700 8.600c1.800-2.900 4.200-4.500 7.300-4.600l3.200.100" />
      <path d="M3.200 15.400h10.800" />
    </svg>
  );
}
