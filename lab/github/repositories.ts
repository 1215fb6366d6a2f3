/** The repositories there are: those of the Git host. */
export interface Repositories {
  exists(owner: string, name: string): boolean;
  sshUrl(owner: string, name: string): string;
}
