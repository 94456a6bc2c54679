// The reply of the server to what a script has sent.

/** Return the JSON of an answer; null for a page, for what is no JSON, and where none came. */
export const jsonOf = async (answer) => (answer?.headers.get("Content-Type")?.includes("json") ? answer.json().catch(() => null) : null);
