// What is used of https://webassembly.github.io/spec/js-api/, which TypeScript declares for browsers only.
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** `Exports`: what the module exports, by name. */
  interface Instance<Exports> {
    readonly exports: Exports;
  }
  const Instance: new <Exports>(module: Module) => Instance<Exports>;
}
