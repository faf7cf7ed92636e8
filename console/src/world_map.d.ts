declare module 'virtual:world-map' {
  const world: {
    width: number;
    height: number;
    /** `code`: ISO 3166-1 alpha-2; null where nobody agrees whose it is. */
    shapes: readonly { code: string | null; path: string }[];
  };
  export default world;
}
