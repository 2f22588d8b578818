export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What would make skopeo another tool: settings and storage of the containers tools, and proxies that it does
 * not know. Where its auth file lies, it is told by argument. And where compiled code of ours lies, for helpers in Node.
 */
const NOT_FOR_CHILDREN =
  /^(?:_?CONTAINERS_.*|REGISTRIES_.*|STORAGE_.*|BUILDAH_.*|NODE_COMPILE_CACHE|REGISTRY_AUTH_FILE|REQUEST_METHOD|ALL_PROXY)$/i;

/**
 * What skopeo and credential helpers see of the environment, whoever starts them. Helpers keep their settings
 * anywhere (`AWS_PROFILE`, `DBUS_SESSION_BUS_ADDRESS`, `GNUPGHOME`), so all is kept that does no harm.
 */
export function keepForChildren(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || NOT_FOR_CHILDREN.test(name) ? [] : [[name, value]],
    ),
  );
}
