import type { Snapshot } from '../git/port.ts';
import { parseDeliveryRecord } from '../manifest/delivery-record.ts';
import type { DeliveryRecord } from '../manifest/types.ts';

/** Delivery records, in order of their file names, so oldest first. */
export async function readRecords(snapshot: Snapshot): Promise<readonly DeliveryRecord[]> {
  const files = (await snapshot.listFiles('deliveries')).filter((file) =>
    file.path.endsWith('.yaml'),
  );
  const records: DeliveryRecord[] = [];
  for await (const { file, bytes } of snapshot.readFiles(files))
    records.push(parseDeliveryRecord(Buffer.from(bytes).toString(), file.path));
  return records;
}
