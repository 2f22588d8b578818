import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderDockerfile } from '../../src/index/render-dockerfile.ts';

const LABELS = { key2: 'value2', key1: 'value1' };
const NO_OPM = spawnSync('opm', ['version']).status !== 0 && 'opm is not there';

// As opm's own tests of `generate dockerfile` expect it (1.44 and later).
test('renderDockerfile writes what opm writes for a base that carries opm', () => {
  const text = renderDockerfile({ folder: 'bar', base: 'foo', builder: 'builder', labels: {} });
  assert.equal(
    text,
    `# The builder image is expected to contain
# /bin/opm (with serve subcommand)
FROM builder as builder

# Copy FBC root into image at /configs and pre-populate serve cache
ADD bar /configs
RUN ["/bin/opm", "serve", "/configs", "--cache-dir=/tmp/cache", "--cache-only"]

FROM foo
# The base image is expected to contain
# /bin/opm (with serve subcommand) and /bin/grpc_health_probe

# Configure the entrypoint and command
ENTRYPOINT ["/bin/opm"]
CMD ["serve", "/configs", "--cache-dir=/tmp/cache"]

COPY --from=builder /configs /configs
COPY --from=builder /tmp/cache /tmp/cache

# Set FBC-specific label for the location of the FBC root directory
# in the image
LABEL operators.operatorframework.io.index.configs.v1=/configs
`,
  );
});

test('renderDockerfile writes what opm writes for scratch, with labels sorted by name', () => {
  const text = renderDockerfile({ folder: 'bar', base: 'scratch', builder: 'foo', labels: LABELS });
  assert.equal(
    text,
    `# The builder image is expected to contain
# /bin/opm (with serve subcommand)
FROM foo as builder

# Copy FBC root into image at /configs and pre-populate serve cache
ADD bar /configs
RUN ["/bin/opm", "serve", "/configs", "--cache-dir=/tmp/cache", "--cache-only"]

FROM scratch
# OLMv0 CatalogSources that use binary-less images must set:
# spec:
#   grpcPodConfig:
#     extractContent:
#       catalogDir: /configs
#       cacheDir: /tmp/cache

COPY --from=builder /configs /configs
COPY --from=builder /tmp/cache /tmp/cache

# Set FBC-specific label for the location of the FBC root directory
# in the image
LABEL operators.operatorframework.io.index.configs.v1=/configs

# Set other custom labels
LABEL "key1"="value1"
LABEL "key2"="value2"
`,
  );
});

test('renderDockerfile without a cache neither runs opm nor names a cache', () => {
  const onImage = renderDockerfile({ folder: 'bar', base: 'foo', builder: null, labels: {} });
  assert.match(onImage, /^FROM foo\n[^]*CMD \["serve", "\/configs"\]\n[^]*ADD bar \/configs\n/);
  const onScratch = renderDockerfile({ folder: 'bar', base: 'scratch', builder: null, labels: {} });
  assert.match(onScratch, /^FROM scratch\n/);
  for (const text of [onImage, onScratch]) assert.doesNotMatch(text, /RUN|cache|builder/);
});

test('renderDockerfile agrees with the opm of this machine', { skip: NO_OPM }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'olmirror-opm-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const base of ['scratch', 'example.com/opm:v1']) {
    const name = base === 'scratch' ? 'one' : 'two';
    await mkdir(join(folder, name));
    const args = ['--base-image', base, '--builder-image', 'example.com/builder:v1'];
    const labels = Object.entries(LABELS).flatMap(([key, value]) => ['-l', `${key}=${value}`]);
    const run = spawnSync('opm', ['generate', 'dockerfile', name, ...args, ...labels], {
      cwd: folder,
    });
    assert.equal(run.status, 0, String(run.stderr));
    const input = { folder: name, base, builder: 'example.com/builder:v1', labels: LABELS };
    assert.equal(
      renderDockerfile(input),
      await readFile(join(folder, `${name}.Dockerfile`), 'utf8'),
    );
  }
});
