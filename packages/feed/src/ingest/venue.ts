import type { PaperRecord } from './record.js';

/** How venues are called here, and what else papers call them. */
const venues: readonly (readonly [name: string, called: string])[] = [
  ['NeurIPS', 'NeurIPS|NEURIPS|NIPS|Neural Information Processing Systems'],
  ['ICML', 'ICML|International Conference on Machine Learning'],
  ['ICLR', 'ICLR|International Conference on Learning Representations'],
  ['AISTATS', 'AISTATS'],
  ['UAI', 'UAI'],
  ['COLT', 'COLT'],
  ['COLM', 'COLM|Conference on Language Modeling'],
  ['MLSys', 'MLSys'],
  ['JMLR', 'JMLR|Journal of Machine Learning Research'],
  ['TMLR', 'TMLR|Transactions on Machine Learning Research'],
  ['AAAI', 'AAAI'],
  ['IJCAI', 'IJCAI'],
  ['CVPR', 'CVPR|Computer Vision and Pattern Recognition'],
  ['ICCV', 'ICCV|International Conference on Computer Vision'],
  ['ECCV', 'ECCV|European Conference on Computer Vision'],
  ['WACV', 'WACV'],
  ['BMVC', 'BMVC'],
  ['EMNLP', 'EMNLP|Empirical Methods in Natural Language Processing'],
  ['NAACL', 'NAACL'],
  ['EACL', 'EACL'],
  ['TACL', 'TACL|Transactions of the Association for Computational Linguistics'],
  ['ACL', 'ACL|Annual Meeting of the Association for Computational Linguistics'],
  ['COLING', 'COLING'],
  ['KDD', '(?:SIG)?KDD|Knowledge Discovery and Data Mining'],
  ['WWW', 'WWW|TheWebConf|The Web Conference'],
  ['SIGIR', 'SIGIR'],
  ['RecSys', 'RecSys'],
  ['CIKM', 'CIKM'],
  ['WSDM', 'WSDM'],
  ['ICRA', 'ICRA'],
  ['IROS', 'IROS'],
  ['CoRL', 'CoRL'],
  ['INTERSPEECH', 'INTERSPEECH|Interspeech'],
  ['ICASSP', 'ICASSP'],
  ['ICPP', 'ICPP'],
  ['SOSP', 'SOSP'],
  ['OSDI', 'OSDI'],
  ['EuroSys', 'EuroSys'],
  ['DAC', 'DAC'],
  ['Nature', 'Nature'],
  ['Science', 'Science'],
];

const names = venues.map(([, called]) => `(${called})`).join('|');
/** Only where it says that year soon after: many a remark names a venue otherwise. */
const named = new RegExp(
  `(?<![\\w-])(?:${names})(?![a-z])[^\\d\\n]{0,40}?(?:\\d{1,3}[^\\d\\n]{1,3})?(?:((?:19|20)\\d{2})(?!\\d)|['’](\\d{2})(?!\\d))`,
);
const yearFirst = new RegExp(
  `(?<!\\d)((?:19|20)\\d{2}) (?:IEEE|ACM|CVF|Annual|International|Conference|on|[\\s,/])*(?:${names})(?![\\w-])`,
);

/** Where a paper appeared, such as `ICLR 2025`, as its journal reference or its authors' remark say. */
export function venueOf({ note, journalReference }: PaperRecord): string | undefined {
  for (const text of [journalReference, note]) {
    const said = (text ?? '').slice(0, 1000);
    const after = named.exec(said);
    if (after) {
      const [long, short] = after.slice(-2);
      return `${nameIn(after.slice(1, -2))} ${long ?? `20${short}`}`;
    }
    const before = yearFirst.exec(said);
    if (before) return `${nameIn(before.slice(2))} ${before[1]}`;
  }
  return undefined;
}

/** The name whose group has matched. */
const nameIn = (groups: readonly (string | undefined)[]): string =>
  venues[groups.findIndex((group) => group !== undefined)]![0];
