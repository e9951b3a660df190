/**
 * How many letters have to be changed, added, left out or swapped with their neighbour to make one word of another.
 * @param beginning whether `word` may go on after what is made of it, as for a word half typed
 * @returns at most `most + 1`, which stands for all that is more
 */
export function editDistance(typed: string, word: string, most: number, beginning = false): number {
  if (!beginning && Math.abs(typed.length - word.length) > most) return most + 1;
  if (typed.length - word.length > most) return most + 1;
  const columns = Math.min(word.length, typed.length + most);
  let twoBefore: number[] = [];
  let before = Array.from({ length: columns + 1 }, (_, column) => column);
  for (let row = 1; row <= typed.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= columns; column++) {
      const same = typed[row - 1] === word[column - 1];
      let value = Math.min(
        before[column]! + 1,
        current[column - 1]! + 1,
        before[column - 1]! + (same ? 0 : 1),
      );
      if (typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1] && row > 1) {
        value = Math.min(value, twoBefore[column - 2]! + 1);
      }
      current.push(value);
      least = Math.min(least, value);
    }
    if (least > most) return most + 1;
    [twoBefore, before] = [before, current];
  }
  const distance = beginning ? Math.min(...before) : before[columns]!;
  return Math.min(distance, most + 1);
}
