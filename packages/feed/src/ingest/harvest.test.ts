import { describe, expect, it } from 'vitest';
import { temporaryFeed, temporaryFeedWithDatabase } from '../testing/temporaryFeed.js';
import { atom, entry, settings, source } from './testing/arxiv.js';

const oai = (records: string, token?: string): string =>
  `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-12-11T09:00:00Z</responseDate><ListRecords>${records}${token === undefined ? '' : `<resumptionToken>${token}</resumptionToken>`}</ListRecords></OAI-PMH>`;

const record = (number: number): string =>
  `<record><header/><metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2512.${String(number).padStart(5, '0')}</id><created>2025-12-01</created><updated>2025-12-04</updated><authors><author><keyname>Élan</keyname><forenames>Ada</forenames></author></authors><title>Raft ${number}</title><categories>cs.LG stat.ML</categories><abstract>Rafts.</abstract></arXiv></metadata></record>`;

const failing = (code: string): string =>
  `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-12-11T09:00:00Z</responseDate><error code="${code}">no</error></OAI-PMH>`;

describe('a harvest', () => {
  const harvest = { kind: 'harvest', set: 'cs:cs:LG', from: '2025-12-01' } as const;

  it('follows the token to the end, and the next time begins with the day of the last answer', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source((url, response) => {
      const token = url.searchParams.get('resumptionToken');
      response.end(token === null ? oai(record(1) + record(2), 'next|1') : oai(record(3), ''));
    });
    const report = await feed.ingest(harvest, settings(addresses));
    expect(report).toMatchObject({ added: 3, resumed: false });
    await feed.ingest(harvest, settings(addresses));
    expect(asked.map(({ search }) => search)).toEqual([
      '?verb=ListRecords&metadataPrefix=arXiv&set=cs%3Acs%3ALG&from=2025-12-01',
      '?verb=ListRecords&resumptionToken=next%7C1',
      '?verb=ListRecords&metadataPrefix=arXiv&set=cs%3Acs%3ALG&from=2025-12-11',
      '?verb=ListRecords&resumptionToken=next%7C1',
    ]);
    expect(await feed.paper('2512.00003')).toMatchObject({ authors: ['Ada Élan'], updatedOn: '2025-12-04' });
  });

  it.each([
    ['an entity bomb', '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><OAI-PMH>&b;</OAI-PMH>'],
    ['a file', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><OAI-PMH>&a;</OAI-PMH>'],
  ])('refuses %s, and takes nothing in', async (_, document) => {
    const feed = await temporaryFeed();
    const { addresses } = await source((_url, response) => response.end(document));
    await expect(feed.ingest(harvest, settings(addresses))).rejects.toThrow('defines its own types');
    expect((await feed.list({ limit: 1 })).total).toBe(0);
  });

  it('begins its list again where the server forgot the token', async () => {
    const feed = await temporaryFeed();
    let forgot = true;
    const { addresses, asked } = await source((url, response) => {
      const token = url.searchParams.get('resumptionToken');
      if (token === null) response.end(oai(record(1), 'a'));
      else if (forgot) {
        forgot = false;
        response.end(failing('badResumptionToken'));
      } else response.end(oai(record(2)));
    });
    expect(await feed.ingest(harvest, settings(addresses))).toMatchObject({ added: 2, unchanged: 1 });
    expect(asked).toHaveLength(4);
  });

  it('leaves a server alone that forgets its list again and again', async () => {
    const feed = await temporaryFeed();
    const { addresses, asked } = await source((url, response) =>
      response.end(
        url.searchParams.has('resumptionToken') ? failing('badResumptionToken') : oai(record(1), 'a'),
      ),
    );
    await expect(feed.ingest(harvest, settings(addresses))).rejects.toThrow(
      /badResumptionToken.*4 times; run again later to go on/,
    );
    expect(asked).toHaveLength(8);
  });

  it('waits as long as a busy server says', async () => {
    const feed = await temporaryFeed();
    let busy = true;
    const { addresses } = await source((_, response) => {
      if (busy) response.writeHead(503, { 'retry-after': '42' }).end();
      else response.end(oai(record(1)));
      busy = false;
    });
    const options = settings(addresses);
    expect(await feed.ingest(harvest, options)).toMatchObject({ added: 1 });
    expect(options.clock.waits).toEqual([42_000]);
  });

  it('takes nothing away for a deleted record', async () => {
    const feed = await temporaryFeed();
    const first = await source((_, response) => response.end(oai(record(1))));
    await feed.ingest(harvest, settings(first.addresses));
    const gone =
      '<record><header status="deleted"><identifier>oai:arXiv.org:2512.00001</identifier></header></record>';
    const second = await source((_, response) => response.end(oai(gone + record(2))));
    expect(await feed.ingest(harvest, settings(second.addresses))).toMatchObject({ added: 1, problems: [] });
    expect((await feed.paper('2512.00001'))?.title).toBe('Raft 1');
  });

  it('changes a paper that a query brought where the record is newer, and not where it is older', async () => {
    const feed = await temporaryFeed();
    const query = await source((_, response) => response.end(atom(2, [entry(1, '', 3), entry(2, '', 5)])));
    await feed.ingest({ kind: 'query', query: 'x' }, settings(query.addresses));
    const { addresses } = await source((_, response) => response.end(oai(record(1) + record(2))));
    expect(await feed.ingest(harvest, settings(addresses))).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await feed.paper('2512.00001')).toMatchObject({
      ...{ title: 'Raft 1', updatedOn: '2025-12-04', version: 3, authors: ['Ada Élan'] },
    });
    expect(await feed.paper('2512.00002')).toMatchObject({
      ...{ title: 'Boat number 2', updatedOn: '2025-12-05', authors: ['Ada Élan', 'Bo Tide'] },
    });
  });

  it('takes all versions in where it is asked to', async () => {
    const { feed, db } = await temporaryFeedWithDatabase();
    const raw = `<record><header/><metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2512.00001</id><submitter>Ada</submitter><version version="v1"><date>Mon, 1 Dec 2025 10:00:00 GMT</date><size>1kb</size></version><version version="v2"><date>Fri, 5 Dec 2025 23:30:00 GMT</date><size>2kb</size></version><title>Raft 1</title><authors>Ada Élan (Harbour (Port 1)), Bo Tide and C. Quay</authors><categories>cs.LG</categories><comments>Accepted at ICML'25</comments><abstract>Rafts.</abstract></arXivRaw></metadata></record>`;
    const { addresses, asked } = await source((_, response) => response.end(oai(raw)));
    expect(await feed.ingest({ ...harvest, versions: true }, settings(addresses))).toMatchObject({
      added: 1,
    });
    expect(asked[0]?.searchParams.get('metadataPrefix')).toBe('arXivRaw');
    expect(await feed.paper('2512.00001')).toMatchObject({
      ...{ version: 2, publishedOn: '2025-12-01', updatedOn: '2025-12-05', venue: 'ICML 2025' },
      authors: ['Ada Élan', 'Bo Tide', 'C. Quay'],
    });
    const versions = await db.selectFrom('paper_version').selectAll().orderBy('version').execute();
    expect(versions).toEqual([
      { paper_id: '2512.00001', version: 1, submitted_on: '2025-12-01' },
      { paper_id: '2512.00001', version: 2, submitted_on: '2025-12-05' },
    ]);
  });

  it('takes an empty list for one, and refuses other errors and sets', async () => {
    const feed = await temporaryFeed();
    const empty = await source((_, response) => response.end(failing('noRecordsMatch')));
    expect(await feed.ingest(harvest, settings(empty.addresses))).toMatchObject({ added: 0 });
    const refused = await source((_, response) => response.end(failing('badArgument')));
    await expect(feed.ingest(harvest, settings(refused.addresses))).rejects.toThrow('OAI-PMH: badArgument');
    await expect(feed.ingest({ ...harvest, set: "x' or 1" }, settings(empty.addresses))).rejects.toThrow(
      'set',
    );
  });
});
