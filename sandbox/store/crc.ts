/** The two checksums of S3 that Node does not have. Both are reflected, with an all-ones start and finish. */

/** https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
const CASTAGNOLI = 0x82f63b78;
/** 0x9a6c9329ac4bc9b5 in two halves: https://reveng.sourceforge.io/crc-catalogue/all.htm#crc.cat.crc-64-nvme */
const NVME_HIGH = 0x9a6c9329;
const NVME_LOW = 0xac4bc9b5;

const castagnoli = tableOf(0, CASTAGNOLI).low;
const nvme = tableOf(NVME_HIGH, NVME_LOW);

export function crc32c(bytes: Uint8Array): Buffer {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (castagnoli[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  }
  return bigEndian([~crc]);
}

export function crc64nvme(bytes: Uint8Array): Buffer {
  let high = -1;
  let low = -1;
  for (let i = 0; i < bytes.length; i++) {
    const at = (low ^ (bytes[i] ?? 0)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (nvme.low[at] ?? 0);
    high = (high >>> 8) ^ (nvme.high[at] ?? 0);
  }
  return bigEndian([~high, ~low]);
}

/** What each byte does to a checksum, as halves of 32 bits: numbers are faster here than 64-bit integers. */
function tableOf(polynomialHigh: number, polynomialLow: number): { high: Int32Array; low: Int32Array } {
  const table = { high: new Int32Array(256), low: new Int32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) {
        low ^= polynomialLow;
        high ^= polynomialHigh;
      }
    }
    table.high[byte] = high;
    table.low[byte] = low;
  }
  return table;
}

function bigEndian(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, 4 * index);
  return bytes;
}
