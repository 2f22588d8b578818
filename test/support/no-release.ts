/** Lines of `spec`: clusters of tests run no OpenShift, unless the test is about its releases. */
export const NO_RELEASE: string = [
  '  inUse:',
  '    waivers:',
  "      - { kind: ClusterVersion.config.openshift.io, reason: no OpenShift, by: test, until: '2099-12-31' }",
].join('\n');
