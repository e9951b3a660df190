import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { ImportError } from '../errors.js';

/** Largest document that is read, in bytes: 2,000 entries of arXiv take about 8 MB. */
const largestDocument = 32 * 1024 * 1024;
/** Elements inside each other: those of arXiv are six. */
const deepestElement = 100;

export interface XmlNode {
  /** Without prefix: prefixes differ from server to server, namespaces do not. */
  readonly name: string;
  /** Address of its namespace; empty for none. */
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** All text inside. */
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Only the five entities of XML itself: those that a document defines could grow without end.
  processEntities: true,
  maxNestedTags: deepestElement,
});

/**
 * Reads an XML document.
 * @param source what is named in errors
 * @throws ImportError for a document that is too large or deep, not well formed, or defines its own types and entities
 */
export function parseXml(document: string, source: string): XmlNode {
  const refuse = (got: string): never => {
    throw new ImportError(`${source}: got ${got}, expected an XML document`);
  };
  if (document.length > largestDocument) refuse(`${document.length} characters (at most ${largestDocument})`);
  if (/<!(?:DOCTYPE|ENTITY)/i.test(document)) refuse('a document that defines its own types');
  const valid = XMLValidator.validate(document);
  if (valid !== true) refuse(`something else (line ${valid.err.line}: ${valid.err.msg})`);
  const root = toNodes(parseNodes(document, refuse)).find(({ name }) => !name.startsWith('?'));
  return root ?? refuse('nothing');
}

function parseNodes(document: string, refuse: (got: string) => never): RawNode[] {
  try {
    return parser.parse(document) as RawNode[];
  } catch (error) {
    return refuse(`one that cannot be read (${(error as Error).message})`);
  }
}

type RawNode = Readonly<Record<string, unknown>>;
/** Addresses of namespaces by prefix; that without prefix is empty. */
type Namespaces = ReadonlyMap<string, string>;

function toNodes(raw: readonly RawNode[], outside: Namespaces = new Map()): XmlNode[] {
  return raw.flatMap((each) => {
    const qualified = Object.keys(each).find((key) => key !== ':@');
    if (qualified === undefined || qualified === '#text') return [];
    const inside = each[qualified] as readonly RawNode[];
    const attributes = (each[':@'] ?? {}) as Record<string, string>;
    const namespaces = namespacesIn(attributes, outside);
    const [prefix, name] = qualified.includes(':') ? split(qualified) : ['', qualified];
    return [
      {
        name,
        namespace: namespaces.get(prefix) ?? '',
        attributes,
        children: toNodes(inside, namespaces),
        text: textOf(inside),
      },
    ];
  });
}

/** What an element declares, within what stands outside it. */
function namespacesIn(attributes: Readonly<Record<string, string>>, outside: Namespaces): Namespaces {
  const declared = Object.entries(attributes)
    .filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'))
    .map(([name, address]) => [name === 'xmlns' ? '' : split(name)[1], address] as const);
  return declared.length === 0 ? outside : new Map([...outside, ...declared]);
}

function split(qualified: string): [string, string] {
  const colon = qualified.indexOf(':');
  return [qualified.slice(0, colon), qualified.slice(colon + 1)];
}

function textOf(raw: readonly RawNode[]): string {
  return raw
    .map((each) => {
      const name = Object.keys(each).find((key) => key !== ':@');
      if (name === undefined) return '';
      return name === '#text' ? String(each[name]) : textOf(each[name] as readonly RawNode[]);
    })
    .join('');
}

/** Children of this name in a namespace, the node's own unless said. */
export const childrenOf = (
  node: XmlNode | undefined,
  name: string,
  namespace = node?.namespace,
): readonly XmlNode[] =>
  node?.children.filter((child) => child.name === name && child.namespace === namespace) ?? [];

/** Text of the first child of this name, in one line; undefined for none and for an empty one. */
export const textIn = (node: XmlNode | undefined, name: string, namespace?: string): string | undefined =>
  childrenOf(node, name, namespace)[0]?.text.replace(/\s+/g, ' ').trim() || undefined;
