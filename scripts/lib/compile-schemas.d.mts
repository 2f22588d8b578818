import type { PluginBuild } from 'esbuild';

/** Setup of a plugin that bundles the checks of all schemas as code. */
export function compileSchemas(build: PluginBuild): void;
