import { testRegistryContract } from '../contracts/registry.ts';
import { createFakeRegistry } from '../fakes/registry.ts';

testRegistryContract('fake registry', () => {
  const registry = createFakeRegistry();
  return { registry, push: async (image) => registry.add(image) };
});
