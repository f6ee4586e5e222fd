// Every call to the service. Where visitors have to say who they are, a token is asked for and kept for this tab.
const KEPT = "learning-companion-session";
let token = kept();

/** Fetch, with the visitor's token where there is one; asks for another once when it has ended. */
export async function knock(path, options = {}) {
  const response = await fetch(path, { ...options, headers: withToken(options.headers) });
  return response.status === 401 && (await admitted())
    ? fetch(path, { ...options, headers: withToken(options.headers) })
    : response;
}

async function admitted() {
  // The token before tells that this is the same visitor, also when it has ended.
  const response = await fetch("/v1/sessions", { method: "POST", headers: withToken({}) });
  if (!response.ok) return false;
  ({ token } = await response.json());
  try { sessionStorage.setItem(KEPT, token); } catch { /* kept for this page alone */ }
  return true;
}

function withToken(headers) {
  return token ? { ...headers, Authorization: `Bearer ${token}` } : { ...headers };
}

function kept() {
  try { return sessionStorage.getItem(KEPT); } catch { return null; }
}
