/**
 * Check sums of 32 bits: the cyclic redundancy checks of zip and PNG, and of TensorBoard's event files.
 *
 * Source: Ross N. Williams, A painless guide to CRC error detection algorithms (1993).
 */

/** The check sum of bytes, from 0 to 2³² - 1. */
export type CheckSum = (bytes: Uint8Array) => number;

/** @param polynomial its bits from the lowest power to the highest. */
function checkSum(polynomial: number): CheckSum {
  const table = Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? polynomial ^ (value >>> 1) : value >>> 1;
    return value;
  });
  return (bytes) => {
    let value = -1;
    for (let i = 0; i < bytes.length; i++) value = table[(value ^ bytes[i]) & 255] ^ (value >>> 8);
    return (value ^ -1) >>> 0;
  };
}

/** That of zip, gzip and PNG (IEEE 802.3). */
export const crc32: CheckSum = checkSum(0xedb88320);

/** That of iSCSI and of TensorFlow's records (Castagnoli). */
export const crc32c: CheckSum = checkSum(0x82f63b78);
