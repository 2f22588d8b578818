/**
 * A login. User and password are byte strings, one character a byte: auth files may hold bytes that are no
 * UTF-8, and go's tools send them as they are. The identity token is empty where there is none.
 */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly identityToken: string;
}

/** The bytes of a text as a byte string. */
export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A byte string as people read it. */
export function fromByteString(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** What go's tools take for no login at all. */
export function isEmptyLogin({ user, password, identityToken }: Credentials): boolean {
  return user === '' && password === '' && identityToken === '';
}
