// What an administrator fills in.

/** Where the service is: https, a registered domain that stands in the console's list of request domains, no slash at the end. */
export const SERVICE = "https://companion.example.gd.cn";
