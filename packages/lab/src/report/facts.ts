/** What is known of an experiment's subject beside its results: the facts of a paper, or of an example. */
export interface ReportFacts {
  readonly title: string;
  /** One sentence. */
  readonly summary?: string;
  /** Such as `2501.04697`. */
  readonly arxivId?: string;
  /** An https address; anything else is shown as text. */
  readonly repository?: string;
  /** First publication, `YYYY-MM-DD`. */
  readonly date?: string;
  /** Figures that the paper itself reports. */
  readonly published?: readonly {
    readonly setting: string;
    readonly values: readonly { readonly arm: string; readonly value: string }[];
  }[];
}
