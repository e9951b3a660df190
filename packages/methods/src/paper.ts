/** The families that papers are filed under: folders here, filters on the site. */
export const families = [
  'training',
  'hyperparameters',
  'vision',
  'routing',
  'pruning',
  'quantization',
  'finetuning',
  'multimodal',
  'federated',
  'distributed',
  'scaling',
  'recommendation',
] as const;

export type Family = (typeof families)[number];

/** A figure that the paper itself reports, kept to be shown beside ours. */
export interface PublishedFigure {
  /** What was measured and on what, such as `CIFAR-10 test accuracy, ResNet-20`. */
  readonly setting: string;
  /** The numbers as the paper gives them, one line per arm. */
  readonly values: readonly { readonly arm: string; readonly value: string }[];
}

/** The facts of a paper and our own account of it. Light: no tensor code is reached from here. */
export interface Paper {
  /** Name of the paper's folder and of its page in commands: lower-case words joined by hyphens. */
  readonly slug: string;
  readonly title: string;
  /** Such as `2501.04697`, without version; absent where it is not known. */
  readonly arxivId?: string;
  /** First publication, `YYYY-MM-DD`. */
  readonly date: string;
  /** Number of authors; absent where it is not known. */
  readonly authorCount?: number;
  /** Official repository, as an https address; absent where there is none. */
  readonly repository?: string;
  readonly family: Family;
  /** One sentence for lists. */
  readonly summary: string;
  /** The paper in one minute, in plain words. */
  readonly inOneMinute: {
    readonly problem: string;
    readonly idea: string;
    readonly cost: string;
    readonly useWhen: string;
    readonly avoidWhen: string;
  };
  /** Headline figures of the paper. */
  readonly published: readonly PublishedFigure[];
  /** The smallest real program that uses the method (TypeScript); present once it is implemented. */
  readonly usage?: string;
}
