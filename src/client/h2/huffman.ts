/**
 * RFC 7541, Appendix B: the symbols by the length of their codes. The code is canonical, so lengths
 * say all: codes of one length follow each other in the order of their symbols. 256 ends a string.
 */
const symbolsByBits: readonly (readonly [bits: number, symbols: string])[] = [
  [5, "48-50 97 99 101 105 111 115-116"],
  [6, "32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117"],
  [7, "58 66-87 89 106-107 113 118-122"],
  [8, "38 42 44 59 88 90"],
  [10, "33-34 40-41 63"],
  [11, "39 43 124"],
  [12, "35 62"],
  [13, "0 36 64 91 93 126"],
  [14, "94 125"],
  [15, "60 96 123"],
  [19, "92 195 208"],
  [20, "128 130-131 162 184 194 224 226"],
  [21, "153 161 167 172 176-177 179 209 216-217 227 229-230"],
  [
    22,
    "129 132-134 136 146 154 156 160 163-164 169-170 173 178 181 185-187 189-190 196 198 228 232-233",
  ],
  [
    23,
    "1 135 137-141 143 147 149-152 155 157-158 165-166 168 174-175 180 182-183 188 191 197 231 239",
  ],
  [24, "9 142 144-145 148 159 171 206 215 225 236-237"],
  [25, "199 207 234-235"],
  [26, "192-193 200-202 205 210 213 218-219 238 240 242-243 255"],
  [27, "203-204 211-212 214 221-223 241 244-248 250-254"],
  [28, "2-8 11-12 14-21 23-31 127 220 249"],
  [30, "10 13 22 256"],
];

const endOfString = 256;
/** The inner nodes of the tree of 257 codes. */
const nodeCount = 256;

/**
 * The tree, taken four bits at a time: `node × 16 + bits` gives the next node in the low 8 bits, a
 * symbol above them, and these.
 */
const emits = 1 << 16;
const fails = 1 << 17;
const steps = new Uint32Array(nodeCount * 16);
/** The nodes at which a string may end: at most seven bits, all ones, after the last symbol. */
const mayEnd = new Uint8Array(nodeCount);

/**
 * Decodes `bytes[start, end)` into `out`, which has room for 8/5 of it, and returns how many symbols
 * there are; -1 for what is no Huffman code, or is not padded as it must be.
 */
export function decodeHuffman(bytes: Buffer, start: number, end: number, out: Buffer): number {
  let node = 0;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = steps[node * 16 + ((byte >> shift) & 0xf)] ?? fails;
      if (step >= emits) {
        if ((step & fails) !== 0) return -1;
        out[length] = step >> 8;
        length += 1;
      }
      node = step & 0xff;
    }
  }
  return mayEnd[node] === 1 ? length : -1;
}

/** A child is a node (its number) or a leaf (its symbol, as -1 - symbol). */
function buildTree(): Int16Array {
  const children = new Int16Array(nodeCount * 2);
  let nodes = 1;
  let code = 0;
  let codeBits = 5;
  const insert = (symbol: number): void => {
    let node = 0;
    for (let bit = codeBits - 1; bit > 0; bit -= 1) {
      const slot = node * 2 + ((code >> bit) & 1);
      if (children[slot] === 0) {
        children[slot] = nodes;
        nodes += 1;
      }
      node = children[slot] ?? 0;
    }
    children[node * 2 + (code & 1)] = -1 - symbol;
  };
  for (const [bits, symbols] of symbolsByBits) {
    code <<= bits - codeBits;
    codeBits = bits;
    for (const range of symbols.split(" ")) {
      const [first = 0, last = first] = range.split("-").map(Number);
      for (let symbol = first; symbol <= last; symbol += 1) {
        insert(symbol);
        code += 1;
      }
    }
  }
  return children;
}

function buildSteps(): void {
  const children = buildTree();
  for (let node = 0; node < nodeCount; node += 1) {
    for (let bits = 0; bits < 16; bits += 1) steps[node * 16 + bits] = stepOf(children, node, bits);
  }
  for (let node = 0, ones = 0; ones <= 7; ones += 1) {
    mayEnd[node] = 1;
    node = children[node * 2 + 1] ?? 0;
  }
}

function stepOf(children: Int16Array, from: number, bits: number): number {
  let node = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const child = children[node * 2 + ((bits >> bit) & 1)] ?? 0;
    if (child >= 0) node = child;
    else if (-1 - child === endOfString) return fails;
    else {
      emitted = emits | ((-1 - child) << 8);
      node = 0;
    }
  }
  return emitted | node;
}

buildSteps();
