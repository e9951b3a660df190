import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeArxiv {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers as arXiv's query API does for one id; papers whose id begins with the year 20 are from 2020, others from now. */
export async function startFakeArxiv(): Promise<FakeArxiv> {
  const server = createServer((request, response) => {
    const id = new URL(request.url ?? '/', 'http://localhost').searchParams.get('id_list') ?? '';
    const day = id.startsWith('20') ? '2020-01-01' : new Date().toISOString().slice(0, 10);
    response.setHeader('content-type', 'application/atom+xml');
    response.end(`<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">
  <opensearch:totalResults>1</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/abs/${id}v1</id>
    <title>A paper of number ${id}</title>
    <summary>It is about number ${id}.</summary>
    <published>${day}T10:00:00Z</published>
    <updated>${day}T10:00:00Z</updated>
    <author><name>Ada Lovelace</name></author>
    <arxiv:comment>Accepted at ICLR 2026</arxiv:comment>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
</feed>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/query`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
