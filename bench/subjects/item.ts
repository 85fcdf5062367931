/** Items as they stand in DynamoDB's JSON. */
export type WireItem = Readonly<Record<string, { readonly S?: string; readonly N?: string; readonly B?: string }>>;

/**
 * The bytes that DynamoDB bills: those of the names and of the values; a number takes a byte for two digits and one more.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function bytesOf(item: WireItem): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOfValue(value), 0);
}

function bytesOfValue({ S: text, N: number, B: base64 }: WireItem[string]): number {
  if (text !== undefined) return Buffer.byteLength(text);
  if (base64 !== undefined) return Buffer.from(base64, 'base64').length;
  return Math.ceil((number ?? '').replace(/[-.]/g, '').length / 2) + 1;
}

/** A write unit is 1 KB, and no write takes less than one. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}

/** A read unit is 4 KB, half of one where reads are eventual; what is not there takes as much as what is small. */
export function readUnitsOf(bytes: number, consistency: 'consistent' | 'eventual'): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (consistency === 'consistent' ? 1 : 0.5);
}
