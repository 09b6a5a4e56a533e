/** The names of one scope's keys. They share the hash tag `{<scope>}`, so a cluster keeps them on one node. */
export type ScopeKeys = {
  readonly fence: string
  readonly lease: string
  readonly sections: string
  section(name: string): string
}

/** The keys of a scope; documented in `redis-scripts.ts`. */
export function createScopeKeys(prefix: string, scope: string): ScopeKeys {
  // A brace inside the scope would end the hash tag early.
  const base = `${prefix}:{${scope.replace(/[{}]/g, encodeURIComponent)}}`
  return {
    fence: `${base}:fence`,
    lease: `${base}:lease`,
    sections: `${base}:sections`,
    section: (name) => `${base}:section:${name}`,
  }
}
