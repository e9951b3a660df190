/** A paper as it stands in a mail: clean lines of plain text, and links that lead to web sites only. */
export interface Told {
  readonly title: string;
  readonly reason: string;
  readonly summary?: string;
  readonly authors?: string;
  readonly remark?: string;
  readonly links: readonly { readonly name: string; readonly address: string }[];
}

/** Everything that a mail says, in the order of its parts. */
export interface Letter {
  readonly heading: string;
  readonly name: string;
  readonly lead: string;
  readonly papers: readonly Told[];
  /** About papers that had no room; undefined where all had. */
  readonly more?: { readonly words: string; readonly address: string };
  readonly searches: readonly {
    readonly query: string;
    readonly address: string;
    readonly papers: readonly Told[];
  }[];
  readonly footer: {
    readonly why: string;
    readonly preferences: string;
    readonly unsubscribe: string;
    readonly controller: string;
  };
}
