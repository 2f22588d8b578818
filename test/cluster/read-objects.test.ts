import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listMirrorRules } from '../../src/cluster/mirror-rules.ts';
import { formatObject, readClusterObjects } from '../../src/cluster/read-objects.ts';

const IDMS = `apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata: { name: idms-operator-0 }
spec:
  imageDigestMirrors:
  - source: registry.redhat.io/oadp
    mirrors: ["p.example:5000/oadp", "s.example:5001/oadp"]
    mirrorSourcePolicy: NeverContactSource
  - { source: registry.redhat.io/none, mirrors: [] }
  - { mirrors: ["p.example:5000/nothing"] }
`;

test('readClusterObjects lists documents and the items of lists, whatever else stands between them', () => {
  const list = 'kind: PodList\nitems:\n- { kind: Pod, metadata: { name: a, namespace: b } }\n';
  const { objects, problems } = readClusterObjects('x.yaml', `---\n${IDMS}---\n---\n${list}`);
  assert.deepEqual(objects.map(formatObject), ['ImageDigestMirrorSet idms-operator-0', 'Pod b/a']);
  assert.deepEqual(problems, []);
});

test('readClusterObjects says where a text is no YAML, and that a document is no object', () => {
  const broken = readClusterObjects('x.yaml', 'kind: A\n\tb: [\n');
  assert.deepEqual(broken.objects, []);
  assert.deepEqual(
    broken.problems.map(({ code, file, line }) => [code, file, line]),
    [['CLUSTER_UNREADABLE', 'x.yaml', 2]],
  );
  const other = readClusterObjects('y.yaml', '- 1\n---\nkind: A\n');
  assert.deepEqual(other.objects.map(formatObject), ['A ']);
  assert.equal(other.problems.length, 1);
});

test('listMirrorRules reads IDMS, ITMS and ICSP, and leaves out lines that redirect nothing', () => {
  const others = `kind: ImageTagMirrorSet
metadata: { name: itms }
spec: { imageTagMirrors: [{ source: quay.io/a, mirrors: ["p.example:5000/a"] }] }
---
kind: ImageContentSourcePolicy
metadata: { name: icsp }
spec: { repositoryDigestMirrors: [{ source: quay.io/a, mirrors: ["p.example:5000/old/a"] }] }
`;
  const { objects } = readClusterObjects('m.yaml', `${IDMS}---\n${others}`);
  assert.deepEqual(
    listMirrorRules(objects).map(({ source, mirrors, redirects, exclusive, object }) => [
      object,
      source,
      mirrors.join(' '),
      redirects,
      exclusive,
    ]),
    [
      ['ImageContentSourcePolicy icsp', 'quay.io/a', 'p.example:5000/old/a', 'digest', false],
      ['ImageTagMirrorSet itms', 'quay.io/a', 'p.example:5000/a', 'tag', false],
      [
        'ImageDigestMirrorSet idms-operator-0',
        'registry.redhat.io/oadp',
        'p.example:5000/oadp s.example:5001/oadp',
        'digest',
        true,
      ],
    ],
  );
});
