/** The command that is asked for; undefined where it does not stand first, or after `-C DIR`. */
export function findCommand([first, , third]: readonly string[]): string | undefined {
  return first === '-C' || first === '--directory' ? third : first;
}
