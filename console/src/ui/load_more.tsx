import { Button } from './button';

interface LoadMoreProps {
  hasMore: boolean;
  isLoading: boolean;
  onLoad: () => void;
}

export function LoadMore({ hasMore, isLoading, onLoad }: LoadMoreProps) {
  if (!hasMore) return null;
  return (
    <p className="load-more">
      <Button onPress={onLoad} isPending={isLoading}>
        {isLoading ? 'Loading…' : 'Load more'}
      </Button>
    </p>
  );
}
