import { testCopierContract } from '../contracts/copier.ts';
import { createFakeCopier, type WriteFault } from '../fakes/memory-copier.ts';
import { createFakeRegistry } from '../fakes/registry.ts';

testCopierContract('fake copier', async () => {
  const source = createFakeRegistry('source.example');
  const destination = createFakeRegistry('destination.example');
  const hanging = Promise.withResolvers<void>();
  let fault: WriteFault | null = null;
  let uploads = 0;
  return {
    source,
    destination,
    push: async (image) => source.add(image),
    createCopier: (limits = {}) =>
      createFakeCopier({
        registries: [source, destination],
        fault() {
          if (fault === 'hangs') hanging.resolve();
          return fault;
        },
        onUpload() {
          uploads += 1;
        },
        timeoutMilliseconds: limits.timeoutMilliseconds ?? limits.idleMilliseconds ?? 60_000,
      }),
    setFault(next) {
      fault = next;
    },
    countUploads: () => uploads,
    waitForHang: () => hanging.promise,
    listLeftovers: () => Promise.resolve([]),
  };
});
