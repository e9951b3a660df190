/**
 * Reads ahead in the background: while the consumer works on one item, up to `bound` further ones are under way.
 * Items come in order. An error arrives in its place and ends the sequence; so does leaving the loop, after which no
 * reading begins.
 * @param names of the items, taken one by one as their reading begins
 */
export async function* prefetched<Name, Item>(
  names: Iterator<Name>,
  read: (name: Name) => Item | Promise<Item>,
  bound: number,
): AsyncGenerator<Item, void, void> {
  const underWay: Promise<Item>[] = [];
  let ended = false;
  const begin = (upTo: number) => {
    while (!ended && underWay.length < upTo) {
      const next = names.next();
      if (next.done) {
        ended = true;
        return;
      }
      const item = (async () => read(next.value))();
      // Whoever awaits it gets the error. This handler only keeps one that nobody waits for any more from being reported.
      item.catch(() => {});
      underWay.push(item);
    }
  };
  try {
    for (begin(1); underWay.length > 0; begin(1)) {
      const item = await underWay.shift();
      begin(bound);
      yield item as Item;
    }
  } finally {
    ended = true;
    underWay.length = 0;
    names.return?.();
  }
}
