// A page's address.

/** A value of its query, which WeChat hands on encoded as it was. */
export function decoded(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? "");
  } catch {
    return value ?? ""; // somebody wrote a lone %
  }
}
