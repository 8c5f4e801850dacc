/** Children that who has started them reaps, and neither Node, which doesn't know them, nor who takes in orphans: by their ids. */
export const reapedByStarter = new Set<number>();
