import { Button } from "./button.tsx";

/** The next page of a list, newest first; nothing when there is none. */
export function OlderButton(props: {
  what: string;
  pages: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown };
}) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = props.pages;
  if (!hasNextPage) return null;
  return (
    <div className="mt-4 flex justify-center">
      <Button onClick={() => void fetchNextPage()} disabled={isFetchingNextPage}>
        {isFetchingNextPage ? "Loading" : `Show older ${props.what}`}
      </Button>
    </div>
  );
}
