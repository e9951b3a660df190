"""Writes packages/nn/src/data/tokenizers/bytePairs.golden.json: what the tokenizers library learns of a text."""

import json
import sys

import tokenizers

text = (
    "The people's money isn't theirs alone; we'll count 1,234 of it in 1999 and 2000.\n"
    "  The people count.   The money counts!\tÉtat, naïve café — 東京都 東京 🙂🙂 aaaa aaa banana bananas\n\n"
    "We the people, the people of the people's house, count the money of the state and the state of the money. "
)
probes = [
    "The people's money",
    "",
    " ",
    "aaaaa banana",
    "東京 🙂 café\n\n  x",
    "Unseen words! 42",
    "\ufeffbom \u0000",
]
size = 320

tokenizer = tokenizers.ByteLevelBPETokenizer()
tokenizer.train_from_iterator([text], vocab_size=size, min_frequency=2, show_progress=False)
model = json.loads(tokenizer.to_str())["model"]
golden = {
    "source": f"tokenizers {tokenizers.__version__} (Python), ByteLevelBPETokenizer, min_frequency 2",
    "text": text,
    "size": size,
    "tokens": sorted(model["vocab"], key=model["vocab"].get),
    "merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]],
    "probes": [{"text": each, "ids": tokenizer.encode(each).ids} for each in probes],
}
with open(sys.argv[1], "w") as file:
    json.dump(golden, file)
    file.write("\n")
