/** How a query asks. */
export const queryKinds = ['id', 'title', 'paraphrase', 'author', 'typo'] as const;

export type QueryKind = (typeof queryKinds)[number];

/** A query and how well papers of the catalogue answer it: 3 it is meant, 2 good, 1 related; the others do not. */
export interface JudgedQuery {
  readonly kind: QueryKind;
  readonly text: string;
  readonly relevant: Readonly<Record<string, 1 | 2 | 3>>;
}

const judged = (kind: QueryKind, text: string, relevant: JudgedQuery['relevant']): JudgedQuery => ({
  kind,
  text,
  relevant,
});

/** Judged by reading titles, summaries and the texts in one minute, before any search was tried. */
export const judgedQueries: readonly JudgedQuery[] = [
  judged('id', '2501.04697', { 'grokking-edge': 3 }),
  judged('id', 'arXiv:2512.03915v2', { 'alf-lb': 3 }),
  judged('id', 'https://arxiv.org/abs/2007.12865', { 'ssl-recs': 3 }),
  judged('id', '1903.03088', { stn: 3 }),
  judged('id', 'mask-sparsity', { 'mask-sparsity': 3 }),
  judged('id', '2510.05528', { armor: 3 }),

  judged('title', 'grokking numerical stability', { 'grokking-edge': 3 }),
  judged('title', 'Self-Tuning Networks', { stn: 3, maid: 1 }),
  judged('title', 'bilevel optimization hyperparameters', { stn: 3, maid: 3 }),
  judged('title', 'load balancing mixture of experts', {
    'alf-lb': 3,
    'global-batch-lbl': 3,
    roma: 1,
    'sparse-ot': 1,
    hecate: 1,
  }),
  judged('title', 'optimal transport', { 'sparse-ot': 3 }),
  judged('title', 'federated learning non-iid', { ccvr: 3, fedtiny: 2 }),
  judged('title', 'generalized gaussian priors', { 'gg-priors': 3 }),
  judged('title', 'semi-structured pruning', { armor: 3 }),
  judged('title', 'dynamic pruning self-supervised mask', { ftwt: 3 }),
  judged('title', 'low-rank adaptation', { 'ba-lora': 3, quantllm: 1 }),
  judged('title', 'hypergraph neural networks', { softhgnn: 3 }),
  judged('title', 'satellite image classification', { 'eurosat-attention': 3 }),
  judged('title', 'super resolution quantization', { quantnas: 3 }),
  judged('title', 'unlearning generative adversarial networks', { 'adapt-then-unlearn': 3 }),
  judged('title', 'infinite compute', { 'infinite-compute': 3 }),
  judged('title', 'continual learning normalization', { adab2n: 3 }),

  judged('paraphrase', 'make a network smaller by removing channels', {
    'mask-sparsity': 3,
    wgsef: 3,
    ftwt: 2,
    fedtiny: 1,
    armor: 1,
  }),
  judged('paraphrase', 'skip filters depending on the input image', { ftwt: 3 }),
  judged('paraphrase', 'what to do when training data run out but there is plenty of hardware', {
    'infinite-compute': 3,
    'token-crisis': 3,
  }),
  judged('paraphrase', 'is it harmful to train on the same text several times', {
    'token-crisis': 3,
    'infinite-compute': 2,
  }),
  judged('paraphrase', 'why does the model generalize only long after it has memorized', {
    'grokking-edge': 3,
  }),
  judged('paraphrase', 'robust to malicious or broken workers in distributed training', {
    'flag-aggregator': 3,
  }),
  judged('paraphrase', 'directly optimize F1 score', { anyloss: 3 }),
  judged('paraphrase', 'choose regularization strength automatically with gradients', { maid: 3, stn: 3 }),
  judged('paraphrase', 'one modality dominates audio visual training', { mcr: 3, arl: 3 }),
  judged('paraphrase', 'forget a concept that a generator has learned', { 'adapt-then-unlearn': 3 }),
  judged('paraphrase', 'very long sequences on many GPUs', { bytescale: 3 }),
  judged('paraphrase', 'experts copied to busy devices', { hecate: 3 }),
  judged('paraphrase', 'how many advertisements to show to a user', { 'ad-load': 3 }),
  judged('paraphrase', 'recommend rare items better', { 'ssl-recs': 3 }),
  judged('paraphrase', 'keep knowledge of old tasks when the data change over time', { adab2n: 3 }),
  judged('paraphrase', 'one model for all bit widths', { 'eq-net': 3, quantllm: 3 }),
  judged('paraphrase', 'compress language model weights to fewer bits', {
    'gg-priors': 3,
    quantllm: 2,
    'eq-net': 1,
    armor: 1,
  }),
  judged('paraphrase', 'fine-tune without losing what pretraining taught', {
    'dr-tune': 3,
    bang: 2,
    'ba-lora': 2,
  }),
  judged('paraphrase', 'averaging weights of two models', { bang: 3 }),
  judged('paraphrase', 'classes with few examples', { 'long-tail-backdoor': 3, anyloss: 2 }),
  judged('paraphrase', 'clients with different label distributions', { ccvr: 3, fedtiny: 1 }),
  judged('paraphrase', 'choosing experts for a token by its neighbours', { roma: 3 }),
  judged('paraphrase', 'large weights should be bounded', { 'weight-compander': 3 }),
  judged('paraphrase', 'advice that is right for small models and wrong for large ones', {
    'scaling-crossover': 3,
  }),
  judged('paraphrase', 'attention for pictures with linear cost', { softhgnn: 3, 'eurosat-attention': 1 }),

  judged('author', 'Prieto', { 'grokking-edge': 3 }),
  judged('author', 'Roger Grosse', { stn: 3 }),
  judged('author', 'Percy Liang', { 'infinite-compute': 3 }),
  judged('author', 'Kontras', { mcr: 3 }),
  judged('author', 'Nitesh Chawla', { anyloss: 3 }),
  judged('author', 'Fuzhao Xue', { 'token-crisis': 3 }),
  judged('author', 'jiashi feng', { ccvr: 3 }),

  judged('typo', 'groking', { 'grokking-edge': 3 }),
  judged('typo', 'qantization', { 'eq-net': 3, quantnas: 3, quantllm: 3, 'gg-priors': 1 }),
  judged('typo', 'federatd learning', { ccvr: 3, fedtiny: 3 }),
  judged('typo', 'mixture of exprets', {
    'alf-lb': 3,
    'global-batch-lbl': 3,
    roma: 3,
    hecate: 2,
    'sparse-ot': 1,
  }),
  judged('typo', 'optimal trasnport', { 'sparse-ot': 3 }),
  judged('typo', 'hyperparamter', { maid: 3, stn: 3 }),
  judged('typo', 'recomendation', { 'ssl-recs': 3, 'ad-load': 2 }),
  judged('typo', 'multimodl learning', { arl: 3, mcr: 3 }),
];

/** Authors of some papers, by which they are looked for; the catalogue itself only counts them. */
export const knownAuthors: Readonly<Record<string, readonly string[]>> = {
  'grokking-edge': ['Lucas Prieto', 'Melih Barsbey', 'Pedro A. M. Mediano', 'Tolga Birdal'],
  stn: ['Matthew MacKay', 'Paul Vicol', 'Jon Lorraine', 'David Duvenaud', 'Roger Grosse'],
  'infinite-compute': ['Konwoo Kim', 'Suhas Kotha', 'Percy Liang', 'Tatsunori Hashimoto'],
  mcr: [
    'Konstantinos Kontras',
    'Thomas Strypsteen',
    'Christos Chatzichristos',
    'Paul Pu Liang',
    'Matthew Blaschko',
    'Maarten De Vos',
  ],
  anyloss: ['Doheon Han', 'Nuno Moniz', 'Nitesh V Chawla'],
  'token-crisis': ['Fuzhao Xue', 'Yao Fu', 'Wangchunshu Zhou', 'Zangwei Zheng', 'Yang You'],
  ccvr: ['Mi Luo', 'Fei Chen', 'Dapeng Hu', 'Yifan Zhang', 'Jian Liang', 'Jiashi Feng'],
};
