/** The sign: three courses of squared stone, their joints broken. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path
        fill="currentColor"
        d="M1 2h13v6H1zM16 2h7v6h-7zM1 10h6v5H1zM9 10h14v5H9zM1 17h13v5H1zM16 17h7v5h-7z"
      />
    </svg>
  );
}
