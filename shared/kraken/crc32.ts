/**
 * CRC-32 (IEEE) as a register that can be moved: the register after two texts follows from that of each, so
 * a book checks a level's digits once and not with every message. A register is a signed 32-bit integer.
 */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Where a checksum begins; a part that is joined later begins with 0. */
export const CRC_START = -1;

/** The register after one more byte. */
export function crcByte(register: number, byte: number): number {
  return (TABLE[(register ^ byte) & 255] ?? 0) ^ (register >>> 8);
}

/** The checksum that a register stands for, as Kraken writes it. */
export function crcValue(register: number): number {
  return (register ^ -1) >>> 0;
}

/** By length: the register after that many zero bytes, as four tables of one byte each. */
const SHIFTS: (Int32Array | undefined)[] = [];

/** Tables for `crcJoin` with a part of `length` bytes. */
export function crcShift(length: number): Int32Array {
  const known = SHIFTS[length];
  if (known !== undefined) return known;
  const tables = Int32Array.from({ length: 1024 }, (_, index) => {
    let register = (index & 255) << (8 * (index >>> 8));
    for (let byte = 0; byte < length; byte++) register = crcByte(register, 0);
    return register;
  });
  SHIFTS[length] = tables;
  return tables;
}

/** The register after a part whose own register from 0 is `part`; `shift` belongs to the part's length. */
export function crcJoin(register: number, shift: Int32Array, part: number): number {
  return (
    (shift[register & 255] ?? 0) ^
    (shift[256 + ((register >>> 8) & 255)] ?? 0) ^
    (shift[512 + ((register >>> 16) & 255)] ?? 0) ^
    (shift[768 + (register >>> 24)] ?? 0) ^
    part
  );
}

/** The checksum of a text of ASCII characters. */
export function crc32(text: string): number {
  let register = CRC_START;
  for (let at = 0; at < text.length; at++) register = crcByte(register, text.charCodeAt(at));
  return crcValue(register);
}
