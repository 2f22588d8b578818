/** Text of a manifest with one catalog. */
export const ONE_CATALOG = `apiVersion: olmirror/v1alpha1
kind: Mirror
metadata: { name: test }
spec:
  registries: { production: { host: "a:5000" }, staging: { host: "a:5001" } }
  catalogs: [{ name: idx, path: catalogs/idx, repository: olm/idx, tag: v1 }]
`;
