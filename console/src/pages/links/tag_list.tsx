import './tag_list.css';

interface TagListProps {
  tags: readonly string[];
  /** So many are shown; of the rest it is said how many. */
  most: number;
  hrefOf: (tag: string) => string;
}

export function TagList({ tags, most, hrefOf }: TagListProps) {
  if (tags.length === 0) return null;
  const more = tags.slice(most);
  return (
    <span className="tag-list">
      {tags.slice(0, most).map((tag) => (
        <a key={tag} className="tag" href={hrefOf(tag)} title={`Links tagged ${tag}`}>
          {tag}
        </a>
      ))}
      {more.length > 0 && (
        <span className="tag-more" title={more.join(', ')}>
          +{more.length}
        </span>
      )}
    </span>
  );
}
