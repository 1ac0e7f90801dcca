import type { Burst } from './timeline-bursts.ts';

/** Where bursts hit: do two of them concern the same folders? */
export interface Places {
  /** Most keys of this one lie in folders like those that the other hit; folders by date, number or hash are alike. */
  areAlike(burst: Burst, other: Burst): boolean;
  /** They have a folder in common, or one hit a folder inside one of the other's. */
  overlap(burst: Burst, other: Burst): boolean;
}

/** `nameOf`: a folder by its number. */
export function placesOf(nameOf: (folder: number) => string): Places {
  const kinds = new Map<Burst, Map<string, number>>();

  /** Its keys by the kind of folder that they lie in. */
  function kindsOf(burst: Burst): Map<string, number> {
    const known = kinds.get(burst);
    if (known !== undefined) return known;
    const counts = new Map<string, number>();
    for (const [folder, keys] of burst.folders) {
      const kind = nameOf(folder).replace(VARIABLE, '#');
      counts.set(kind, (counts.get(kind) ?? 0) + keys);
    }
    kinds.set(burst, counts);
    return counts;
  }

  return {
    areAlike(burst, other) {
      const others = kindsOf(other);
      let all = 0;
      let shared = 0;
      for (const [kind, keys] of kindsOf(burst)) {
        all += keys;
        if (others.has(kind)) shared += keys;
      }
      return shared * 2 >= all;
    },

    overlap(burst, other) {
      if ([...burst.folders.keys()].some((folder) => other.folders.has(folder))) return true;
      const [names, others] = [burst, other].map(({ folders }) => new Set([...folders.keys()].map(nameOf)));
      return liesIn(names ?? new Set(), others ?? new Set()) || liesIn(others ?? new Set(), names ?? new Set());
    },
  };
}

/** What is another each time in `logs/2026-11-22/`, `users/4711/` and `ab/cd/`: a number, or a whole name of hex digits. */
const VARIABLE = /(?<![^/])[0-9a-f-]+(?=\/)|\d+/g;

/** Does one of these folders lie in one of the others? All lie in the root: that says nothing. */
function liesIn(folders: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...folders].some((folder) => {
    for (let slash = folder.indexOf('/'); slash !== -1; slash = folder.indexOf('/', slash + 1)) {
      if (others.has(folder.slice(0, slash + 1))) return true;
    }
    return false;
  });
}
