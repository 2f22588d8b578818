export interface Credentials {
  readonly user: string;
  readonly password: string;
}
