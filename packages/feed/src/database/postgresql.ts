import { PostgresDialect } from 'kysely';
import pg from 'pg';

/** Connections that one process keeps at the most. */
const connections = 10;
/** Milliseconds until a server that does not answer counts as unreachable. */
const connectTimeout = 10_000;

/**
 * Plans go by indexes: PostgreSQL does not know how long reading the text of every paper takes, and would often do so instead.
 * Nothing here runs so long that compiling it pays.
 */
const planning = 'set enable_seqscan = off; set jit = off';

/** int8, the type of counts: all of ours are far below 2⁵³. */
const bigInteger = 20;

/** PostgreSQL has no NUL in its texts and refuses queries with one; another character that no stored text has stands for it. */
function refuseNothing(client: pg.PoolClient): void {
  const query = client.query as (...parameters: unknown[]) => unknown;
  const storable = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '\ufffe') : value);
  client.query = ((text: unknown, values?: readonly unknown[], ...rest: unknown[]) =>
    query.call(client, text, values?.map(storable), ...rest)) as typeof client.query;
}

/** PostgreSQL at an address such as `postgresql://user:password@host:5432/database`. */
export function postgresDialect(address: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: address,
    max: connections,
    connectionTimeoutMillis: connectTimeout,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === bigInteger ? Number : pg.types.getTypeParser(type, format as 'text'),
    } as pg.CustomTypesConfig,
  });
  pool.on('connect', (client) => {
    refuseNothing(client);
    // Whoever cannot be told so plans as he likes.
    client.query(planning).catch(() => undefined);
  });
  // An idle connection that the server ends is replaced when one is next needed; unheard, it would end the process.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}
